/// What a collection refuses or could not do. A failed call has changed nothing, unless its case says otherwise.
public enum MemVecError: Error, Sendable {
    /// The collection was closed.
    case closed
    /// The collection was opened read-only.
    case readOnly(folder: String)
    /// The key is not there.
    case notFound(key: String)
    /// More than `limit` records in one call.
    case tooMany(what: String, count: Int, limit: Int)
    /// The same key twice in one call: which of them should win is not said.
    case duplicateKey(String)
    /// Training needs at least `needed` live rows.
    case tooFewRows(count: Int, needed: Int)
    /// A training or a compaction is under way.
    case alreadyTraining
    /// It wants the collection for itself.
    case onlyClosed(operation: String)
    /// The operation would hold more than the memory limit.
    case memoryLimit(neededBytes: Int, limitBytes: Int)
    /// The collection has another setting, fixed when it was created.
    case fixedSetting(name: String, value: String, asked: String)
    /// Too much waits to be confirmed by the cold store.
    case tooManyIntents(byteCount: Int)
    /// It needs a collection in front of a cold store.
    case notRemote(folder: String)
    /// What the cold store holds has not been taken over yet.
    case notAttached(folder: String)
    /// An attach or a sync is under way.
    case alreadyFollowing
    /// The metadata key is a text field already.
    case textFieldExists(String)
    /// The metadata key is no text field.
    case noTextField(String)
    /// Not all vectors are indexed for it yet.
    case textFieldBuilding(String)
    /// The cold store's index is not the one that this collection was attached to.
    case anotherIndex(address: String)
    /// The cold store does not let this collection's index be erased; nothing was.
    case notErased(address: String, why: String)
    /// The cold store could not be reached or refused; what was written stays as intents.
    case cold(String)
}

extension MemVecError: CustomStringConvertible {
    /// Stable, for tests and programs.
    public var code: String {
        switch self {
        case .closed: "closed"
        case .readOnly: "read_only"
        case .notFound: "not_found"
        case .tooMany: "too_many"
        case .duplicateKey: "duplicate_key"
        case .tooFewRows: "too_few_rows"
        case .alreadyTraining: "already_training"
        case .onlyClosed: "only_closed"
        case .memoryLimit: "memory_limit"
        case .fixedSetting: "fixed_setting"
        case .tooManyIntents: "too_many_intents"
        case .notRemote: "not_remote"
        case .notAttached: "not_attached"
        case .alreadyFollowing: "already_following"
        case .textFieldExists: "text_field_exists"
        case .noTextField: "no_text_field"
        case .textFieldBuilding: "text_field_building"
        case .anotherIndex: "another_index"
        case .notErased: "not_erased"
        case .cold: "cold"
        }
    }

    public var description: String {
        switch self {
        case .closed:
            "the collection is closed; open it again"
        case .readOnly(let folder):
            "\(folder) is open read-only; open it for writing to change it"
        case .notFound(let key):
            "no vector has the key \"\(key)\""
        case .tooMany(let what, let count, let limit):
            "\(count) \(what) in one call; at most \(limit) are possible"
        case .duplicateKey(let key):
            "key \"\(key)\" is there twice in one call; keep one of the two"
        case .tooFewRows(let count, let needed):
            "training needs at least \(needed) vectors, the collection holds \(count); "
                + "until then queries scan it exactly"
        case .alreadyTraining:
            "a training or a compaction is under way; wait for it to end"
        case .onlyClosed(let operation):
            "\(operation) wants the folder for itself; close it and run `memvec compact`"
        case .memoryLimit(let neededBytes, let limitBytes):
            "about \(neededBytes) bytes would be needed, the memory limit is \(limitBytes); raise --memory-limit"
        case .fixedSetting(let name, let value, let asked):
            "\(name) is \(value), set when the collection was created; it cannot become \(asked)"
        case .tooManyIntents(let byteCount):
            "writes of \(byteCount) bytes wait for the cold store's confirmation; wait until it is there again, or "
                + "look at `memvec intents`"
        case .notRemote(let folder):
            "\(folder) holds its vectors itself; only a collection in front of a cold store can do this"
        case .notAttached(let folder):
            "\(folder) was not attached to its end; go on with `memvec attach \(folder)`"
        case .alreadyFollowing:
            "an attach or a sync is under way; wait for it to end"
        case .textFieldExists(let key):
            "text search is configured already for metadata key \"\(key)\""
        case .noTextField(let key):
            "text search is not configured for metadata key \"\(key)\""
        case .textFieldBuilding(let key):
            "metadata key \"\(key)\" is still being indexed for text search; ask again when its status is ACTIVE"
        case .anotherIndex(let address):
            "the index at \(address) was made anew since it was attached; detach this collection and attach again"
        case .notErased(let address, let why):
            "\(address) was not erased: \(why); erase it there, and remove this collection by `memvec detach`"
        case .cold(let text):
            "the cold store: \(text)"
        }
    }
}
