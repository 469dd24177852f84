/// What went wrong below the collection: a file, the disk, memory.
public enum StorageError: Error, Equatable, Sendable {
    case outOfMemory(byteCount: Int)
}

extension StorageError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .outOfMemory(let byteCount): "no memory for \(byteCount) bytes"
        }
    }
}
