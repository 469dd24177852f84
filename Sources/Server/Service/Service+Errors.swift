internal import MemVec
internal import S3Vectors
internal import Storage
internal import Vectors

extension Service {
    /// What the wire says of an error of ours.
    static func serviceError(_ error: any Error) -> ServiceError {
        switch error {
        case let error as ServiceError: error
        case let error as WireError: ServiceError(error)
        case MemVecError.closed: unavailable("the server is stopping")
        case MemVecError.notErased, MemVecError.anotherIndex:
            ServiceError(.accessDenied, "Access denied: \(error)")
        case MemVecError.cold, MemVecError.tooManyIntents: unavailable("\(error)")
        case let error as StorageError: storage(error)
        case let error as InputError: ServiceError(.validation, error.description)
        case let error as MetadataError: ServiceError(.validation, error.description)
        case is CancellationError: unavailable("the request was cancelled")
        case let error as MemVecError: ServiceError(.internalServer, "Internal error: \(error)")
        default: ServiceError(.internalServer, "Internal error: \(error)")
        }
    }

    private static func storage(_ error: StorageError) -> ServiceError {
        switch error {
        case .diskFull, .outOfMemory, .locked: unavailable(error.description)
        default: ServiceError(.internalServer, "Internal error: \(error.description)")
        }
    }

    static func unavailable(_ why: String) -> ServiceError {
        ServiceError(.serviceUnavailable, "Currently unable to handle the request: \(why)")
    }
}

extension ServiceError {
    /// One member of a request is wrong.
    static func invalid(_ message: String, path: String, detail: String? = nil) -> ServiceError {
        ServiceError(.validation, message, fieldList: [Field(path: path, message: detail ?? message)])
    }
}
