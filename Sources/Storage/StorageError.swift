/// What went wrong below the collection: a file, the disk, memory.
public enum StorageError: Error, Equatable, Sendable {
    case outOfMemory(byteCount: Int)
    /// LMDB refused: `code` is an MDB_* number or an errno.
    case database(code: Int32, operation: String, path: String)
    case diskFull(path: String, operation: String)
    /// A commit or a sync failed before: what is on disk is right, what is in memory may not be.
    case closedAfterFailure(path: String)
    case file(path: String, operation: String, errno: Int32)
    /// `found` is what stands where `expected` should.
    case damaged(path: String, what: String)
    case locked(path: String, holder: String)
    case notACollection(path: String)
    case alreadyExists(path: String)
    case formatVersion(path: String, found: Int, supported: Int)
}

extension StorageError: CustomStringConvertible {
    /// Stable, for tests and programs.
    public var code: String {
        switch self {
        case .outOfMemory: "out_of_memory"
        case .database: "database"
        case .diskFull: "disk_full"
        case .closedAfterFailure: "closed_after_failure"
        case .file: "file"
        case .damaged: "damaged"
        case .locked: "locked"
        case .notACollection: "not_a_collection"
        case .alreadyExists: "already_exists"
        case .formatVersion: "format_version"
        }
    }

    public var description: String {
        switch self {
        case .outOfMemory(let byteCount): "no memory for \(byteCount) bytes"
        case .database(let code, let operation, let path):
            "\(path): \(operation) failed: \(LMDBText.of(code)) (\(code))"
        case .diskFull(let path, let operation):
            "\(path): \(operation) failed: no space left; nothing was changed. Free space on this disk and repeat"
        case .closedAfterFailure(let path):
            "\(path): a commit or sync failed before; close the collection and open it again"
        case .file(let path, let operation, let errno):
            "\(path): \(operation) failed: \(LMDBText.of(errno)) (errno \(errno))"
        case .damaged(let path, let what):
            "\(path) is damaged: \(what)"
        case .locked(let path, let holder):
            "\(path) is open for writing in \(holder); open it read-only, or stop that process"
        case .notACollection(let path):
            "\(path) is not a collection: it has no memvec.json; create one with `memvec create`"
        case .alreadyExists(let path):
            "\(path) exists already and is not empty; choose another folder, or remove it with `memvec drop`"
        case .formatVersion(let path, let found, let supported):
            found > supported
                ? "\(path) has format version \(found), this program reads up to \(supported); use a newer memvec"
                : "\(path) has format version \(found), this program writes \(supported); run `memvec migrate`"
        }
    }
}
