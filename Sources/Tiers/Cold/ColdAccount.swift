internal import Synchronization

/// The meter of a cold store beside the size of the collection, so that prices need nothing else.
public final class ColdAccount: Sendable {
    public let meter: any ColdMeter
    private let size = Mutex(ColdSize(vectorCount: 0, vectorBytes: 0))

    public init(_ meter: any ColdMeter) { self.meter = meter }

    /// US dollars of one full call that fetches keys.
    public var fetchPrice: Double { meter.prices.fetch(keyCount: ColdLimits().keysPerFetch) }

    /// US dollars of one page of a listing with vectors.
    public var pagePrice: Double { meter.prices.page(vectorCount: ColdLimits().vectorsPerPage) }

    /// US dollars of a query that the store answers itself; nil if it answers none.
    /// - Parameter count: hits that are wanted.
    public func queryPrice(count: Int) -> Double? {
        meter.prices.query(size.withLock { $0 }, count: count, resultBytes: Self.hitBytes)
    }

    /// Of one hit: a key and a distance. Below what is billed at least.
    private static let hitBytes = 64

    /// Tells how large the index is: queries are charged by it.
    public func setSize(_ new: ColdSize) {
        size.withLock { $0 = new }
        meter.setSize(new)
    }
}
