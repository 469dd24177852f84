/// The account of a cold store: what was asked of it, what that cost, and what a call would cost, in US dollars.
///
/// What the bill of the service will say is not known to the cent. Where it is in doubt, what was spent is counted high
/// and what another way would have cost is counted low.
public protocol ColdMeter: Sendable {
    /// Since the store was opened.
    var bill: ColdBill { get }
    var prices: any ColdPrices { get }
    /// Tells how large the collection is, so that the store's own queries can be priced; until then they count as over
    /// an empty one.
    func setSize(_ size: ColdSize)
}

/// What calls cost before they are made, in US dollars each.
public protocol ColdPrices: Sendable {
    /// The day of the prices, as in 2026-09-28.
    var date: String { get }
    /// One call of ``ColdStore/fetch(_:_:timeout:)``.
    func fetch(keyCount: Int) -> Double
    /// One call of ``ColdStore/put(_:timeout:)``.
    /// - Parameter byteCount: 4 a dimension, key and metadata, of all vectors together.
    func put(byteCount: Int) -> Double
    /// One page of ``ColdStore/list(_:timeout:)``.
    func page(vectorCount: Int) -> Double
    /// One query by the store's own search; nil if it has none.
    /// - Parameter resultBytes: of each hit: its key, its distance, its metadata if they are wanted.
    func query(_ size: ColdSize, count: Int, resultBytes: Int) -> Double?
}

/// How large a collection is, as queries are charged by it.
public struct ColdSize: Sendable, Equatable {
    public var vectorCount: Double
    /// Of one vector, on average: 4 a dimension, its key and its filterable metadata.
    public var vectorBytes: Double

    public init(vectorCount: Double, vectorBytes: Double) {
        self.vectorCount = vectorCount
        self.vectorBytes = vectorBytes
    }

    /// - Parameter besideBytes: of a vector's key and filterable metadata, on average.
    public init(vectorCount: Double, dimension: Int, besideBytes: Double) {
        self.init(vectorCount: vectorCount, vectorBytes: Double(4 * dimension) + besideBytes)
    }
}

/// What was asked of a cold store, by operation. An operation that was never asked is not in it.
public struct ColdBill: Sendable, Equatable {
    public var charges: [ColdOperation: ColdCharge]

    public init(_ charges: [ColdOperation: ColdCharge] = [:]) { self.charges = charges }

    public var total: ColdCharge { charges.values.reduce(ColdCharge(), +) }
    public var dollars: Double { total.dollars }
}

/// What was asked, how it went, and what it cost.
public struct ColdCharge: Sendable, Equatable {
    /// Requests that were sent, or may have been.
    public var requestCount = 0
    /// Of these, attempts after the first.
    public var retryCount = 0
    /// Of these, those that did not end with the answer that was asked for.
    public var failureCount = 0
    public var throttledCount = 0
    /// Keys or vectors in requests, and, of listings and queries, in answers.
    public var keyCount = 0
    /// Of bodies.
    public var sentByteCount = 0
    public var receivedByteCount = 0
    public var dollars = 0.0

    public init() {}

    public static func + (a: ColdCharge, b: ColdCharge) -> ColdCharge {
        var sum = a
        sum.requestCount += b.requestCount
        sum.retryCount += b.retryCount
        sum.failureCount += b.failureCount
        sum.throttledCount += b.throttledCount
        sum.keyCount += b.keyCount
        sum.sentByteCount += b.sentByteCount
        sum.receivedByteCount += b.receivedByteCount
        sum.dollars += b.dollars
        return sum
    }
}
