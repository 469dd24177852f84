/// What went wrong below the collection: a file, the disk, memory. Nothing was changed by the call that threw it.
public enum StorageError: Error, Equatable, Sendable {
    /// No memory is left.
    case outOfMemory(byteCount: Int)
    /// LMDB refused: `code` is an MDB_* number or an errno.
    case database(code: Int32, operation: String, path: String)
    /// The disk is full, or a quota.
    case diskFull(path: String, operation: String)
    /// The file has reached the address space that was reserved for it when it was opened.
    case mapFull(path: String, operation: String)
    /// Another process has made the file larger than the address space that this one reserved.
    case mapOutgrown(path: String)
    /// More was to be written at once than a transaction holds.
    case transactionTooLarge(path: String)
    /// Too many processes or threads read the store at once.
    case tooManyReaders(path: String)
    /// All 4,294,967,295 row numbers of this generation are given.
    case rowsExhausted(path: String)
    /// A commit or a sync failed before, by `cause`: what is on disk is right, what is in memory may not be.
    case closedAfterFailure(path: String, cause: String)
    /// The system refused something with a file; `errno` says why.
    case file(path: String, operation: String, errno: Int32)
    /// A file is not there.
    case missing(path: String)
    /// A file holds what it cannot hold.
    case damaged(path: String, what: String)
    /// Another process has it open for writing.
    case locked(path: String, holder: String)
    /// The store was opened read-only.
    case readOnly(path: String)
    /// The folder is no collection, or not there.
    case notACollection(path: String)
    /// Something is there already.
    case alreadyExists(path: String)
    /// The files are of another version of the format.
    case formatVersion(path: String, found: Int, supported: Int)
    /// The file belongs to another collection or generation: `what` differs.
    case otherCollection(path: String, what: String, found: String, expected: String)
}

extension StorageError: CustomStringConvertible {
    /// Stable, for tests and programs.
    public var code: String {
        switch self {
        case .outOfMemory: "out_of_memory"
        case .database: "database"
        case .diskFull: "disk_full"
        case .mapFull: "map_full"
        case .mapOutgrown: "map_outgrown"
        case .transactionTooLarge: "transaction_too_large"
        case .tooManyReaders: "too_many_readers"
        case .rowsExhausted: "rows_exhausted"
        case .closedAfterFailure: "closed_after_failure"
        case .file: "file"
        case .missing: "missing"
        case .damaged: "damaged"
        case .locked: "locked"
        case .readOnly: "read_only"
        case .notACollection: "not_a_collection"
        case .alreadyExists: "already_exists"
        case .formatVersion: "format_version"
        case .otherCollection: "other_collection"
        }
    }

    public var description: String {
        switch self {
        case .outOfMemory(let byteCount): "no memory for \(byteCount) bytes"
        case .database(let code, let operation, let path):
            "\(path): \(operation) failed: \(LMDBText.of(code)) (\(code))"
        case .diskFull(let path, let operation):
            "\(path): \(operation) failed: no space left; nothing was changed. Free space on this disk and repeat"
        case .mapFull(let path, let operation):
            "\(path): \(operation) failed: the file fills the address space reserved for it; nothing was changed. "
                + "Open the collection again with a larger map"
        case .mapOutgrown(let path):
            "\(path) has outgrown the address space that this process reserved; close the collection and open it again"
        case .transactionTooLarge(let path):
            "\(path): too much for one transaction; nothing was changed. Write it in smaller batches"
        case .tooManyReaders(let path):
            "\(path): too many reads at once; let some end and repeat"
        case .rowsExhausted(let path):
            "\(path): all row numbers of this generation are given; run `memvec compact`"
        case .closedAfterFailure(let path, let cause):
            "\(path): refused, because \(cause); close the collection and open it again"
        case .file(let path, let operation, let errno):
            "\(path): \(operation) failed: \(LMDBText.of(errno)) (errno \(errno))"
        case .missing(let path):
            "\(path) is not there; restore it from a backup"
        case .damaged(let path, let what):
            "\(path) is damaged: \(what)"
        case .locked(let path, let holder):
            "\(path) is open for writing in \(holder); open it read-only, or stop that process"
        case .readOnly(let path):
            "\(path) was opened read-only; open it for writing to change it"
        case .notACollection(let path):
            "\(path) is not a collection: it has no memvec.json; create one with `memvec create`"
        case .alreadyExists(let path):
            "\(path) exists already and is not empty; choose another folder, or remove it with `memvec drop`"
        case .formatVersion(let path, let found, let supported):
            found > supported
                ? "\(path) has format version \(found), this program reads up to \(supported); use a newer memvec"
                : "\(path) has format version \(found), this program writes \(supported); run `memvec migrate`"
        case .otherCollection(let path, let what, let found, let expected):
            "\(path) has \(what) \(found), memvec.json says \(expected); restore both from one backup"
        }
    }
}
