/// What may be asked of a cold store.
public enum ColdOperation: String, Sendable, CaseIterable {
    case describe, create, erase, fetch, put, delete, list, query
}
