internal import CFaiss
public import Storage

/// What the index could not do. Nothing was changed unless the case says so.
public enum IndexError: Error, Equatable, Sendable {
    /// No memory is left for the index.
    case outOfMemory(byteCount: Int)
    /// The string is no index that can be had here.
    case factory(String, why: String)
    /// `text` is FAISS's own.
    case faiss(operation: String, text: String)
    /// A file or the disk.
    case storage(StorageError)
    /// The snapshot cannot be read, or is not what was written.
    case damagedSnapshot(path: String, why: String)
    /// Codes that do not fit this index: of another training, or out of its range.
    case foreignCodes(why: String)
    /// A training needs more vectors.
    case tooFewRows(count: Int, needed: Int)
    /// The training was cancelled.
    case cancelled
}

extension IndexError: CustomStringConvertible {
    /// Stable, for tests and programs.
    public var code: String {
        switch self {
        case .outOfMemory: "out_of_memory"
        case .factory: "factory"
        case .faiss: "faiss"
        case .storage(let error): error.code
        case .damagedSnapshot: "damaged_snapshot"
        case .foreignCodes: "foreign_codes"
        case .tooFewRows: "too_few_rows"
        case .cancelled: "cancelled"
        }
    }

    public var description: String {
        switch self {
        case .outOfMemory(let byteCount): "no memory for \(byteCount) bytes of index"
        case .factory(let text, let why):
            "index \"\(text)\": \(why); possible are auto, Flat, HNSWn such as HNSW32, "
                + "and IVFn,PQm such as IVF4096,PQ64"
        case .faiss(let operation, let text): "the index could not \(operation): \(text)"
        case .storage(let error): error.description
        case .damagedSnapshot(let path, let why):
            "index snapshot \(path) cannot be used: \(why); `memvec rebuild` makes it anew"
        case .foreignCodes(let why): "these codes do not belong to this index: \(why)"
        case .tooFewRows(let count, let needed):
            "training needs at least \(needed) vectors, there are \(count); until then queries scan exactly"
        case .cancelled: "the training was cancelled"
        }
    }
}

extension IndexError {
    /// Throws what a function of the door to FAISS returned, if it is not fine.
    static func check(_ code: Int32, _ operation: String, _ error: mvf_error) throws(IndexError) {
        switch Int(code) {
        case MVF_OK: return
        case MVF_CANCELLED: throw .cancelled
        default: throw .faiss(operation: operation, text: text(of: error))
        }
    }

    /// FAISS's text without the names of its functions and source files.
    private static func text(of error: mvf_error) -> String {
        let text = unsafe withUnsafeBytes(of: error.text) { bytes in
            unsafe String(decoding: unsafe bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return String(text.split(separator: ": ").last ?? "")
    }

    /// Runs `body`, whose errors are those of files.
    static func files<R>(_ body: () throws(StorageError) -> R) throws(IndexError) -> R {
        do throws(StorageError) { return try body() } catch { throw .storage(error) }
    }
}
