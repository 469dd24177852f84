internal import Tiers

/// What queries, and the fills and audits that follow from them, have asked of a cold store.
public struct ColdTraffic: Sendable, Equatable {
    /// Requests that were sent, attempts that failed among them.
    public var requestCount = 0
    /// Keys of fetches, and hits of the store's own answers.
    public var keyCount = 0
    /// Of the requests, those that the store answered by a search of its own.
    public var queryCount = 0
    /// Requests that were sent again.
    public var retryCount = 0
    /// Requests that failed in the end.
    public var failureCount = 0
    /// Of the bodies of its answers.
    public var receivedByteCount = 0
    /// US dollars.
    public var dollars = 0.0

    /// Nothing asked yet.
    public init() {}

    /// What came between two counts.
    public static func - (a: ColdTraffic, b: ColdTraffic) -> ColdTraffic {
        var out = a
        out.requestCount -= b.requestCount
        out.keyCount -= b.keyCount
        out.queryCount -= b.queryCount
        out.retryCount -= b.retryCount
        out.failureCount -= b.failureCount
        out.receivedByteCount -= b.receivedByteCount
        out.dollars -= b.dollars
        return out
    }
}

extension VectorCollection {
    /// What the cold store has been asked since the collection was opened, by its own account; nil where there is none.
    public var coldTraffic: ColdTraffic? {
        get throws {
            guard let bill = try engine().cold?.costs?.meter.bill else { return nil }
            let queries = bill.charges[.query] ?? ColdCharge(), fetches = bill.charges[.fetch] ?? ColdCharge()
            let sum = queries + fetches
            var out = ColdTraffic()
            out.requestCount = sum.requestCount
            out.keyCount = sum.keyCount
            out.queryCount = queries.requestCount
            out.retryCount = sum.retryCount
            out.failureCount = sum.failureCount
            out.receivedByteCount = sum.receivedByteCount
            out.dollars = sum.dollars
            return out
        }
    }
}
