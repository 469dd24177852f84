internal import Index
internal import Router
internal import Storage
internal import Tiers
internal import Vectors

/// The stable code of any error that this library throws, for programs that must tell them apart without its modules.
public enum ErrorCode {
    /// Such as `locked` or `wrong_dimension`; nil for an error of somebody else's.
    public static func of(_ error: any Error) -> String? {
        switch error {
        case let error as MemVecError: error.code
        case let error as InputError: error.code
        case let error as FilterError: error.code
        case let error as MetadataError: error.code
        case let error as StorageError: error.code
        case let error as IndexError: error.code
        case let error as TierError: error.code
        default: nil
        }
    }
}
