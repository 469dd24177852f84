/// What the index could not do.
public enum IndexError: Error, Equatable, Sendable {
    case outOfMemory(byteCount: Int)
    /// The string is no index that can be had here.
    case factory(String, why: String)
    /// `text` is FAISS's own.
    case faiss(operation: String, text: String)
    case damagedSnapshot(path: String, why: String)
    case tooFewRows(count: Int, needed: Int)
    case cancelled
}

extension IndexError: CustomStringConvertible {
    /// Stable, for tests and programs.
    public var code: String {
        switch self {
        case .outOfMemory: "out_of_memory"
        case .factory: "factory"
        case .faiss: "faiss"
        case .damagedSnapshot: "damaged_snapshot"
        case .tooFewRows: "too_few_rows"
        case .cancelled: "cancelled"
        }
    }

    public var description: String {
        switch self {
        case .outOfMemory(let byteCount): "no memory for \(byteCount) bytes of index"
        case .factory(let text, let why):
            "index \"\(text)\": \(why); possible are auto, Flat, and IVFn,PQm such as IVF4096,PQ64"
        case .faiss(let operation, let text): "the index could not \(operation): \(text)"
        case .damagedSnapshot(let path, let why):
            "index snapshot \(path) cannot be used: \(why); `memvec rebuild` makes it anew"
        case .tooFewRows(let count, let needed):
            "training needs at least \(needed) vectors, there are \(count); until then queries scan exactly"
        case .cancelled: "the training was cancelled"
        }
    }
}
