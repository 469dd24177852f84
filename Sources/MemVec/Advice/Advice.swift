internal import Glibc

/// What sizes of RAM and SSD would do for the traffic that a collection has seen.
///
/// Foretold from the heat of its rows (``CacheModel``), its counters and its prices; it holds for traffic like that of
/// the last queries, once the tiers have filled.
public struct Advice: Sendable {
    /// A choice of sizes, and what it would come to. Shares are of answers' hits, 0...1.
    public struct Outlook: Sendable, Equatable {
        /// Vectors that the RAM tier has room for.
        public var ramRows = 0
        /// Rows that the warm file has room for; 0 in a local collection, where the SSD holds all.
        public var warmRows = 0
        /// Of the vectors alone.
        public var ramBytes = 0
        /// Bytes of the warm file.
        public var warmBytes = 0
        /// Share of the hits whose vectors would be in RAM.
        public var ramShare = 0.0
        /// Share of the hits whose vectors would be on the SSD.
        public var warmShare = 0.0
        /// Share of the hits whose vectors would be fetched from the cold store.
        public var coldShare = 0.0
        /// Queries without the cold store.
        public var localShare = 1.0
        /// Vectors fetched from the cold store a query, on average.
        public var keysPerQuery = 0.0
        /// US dollars a million queries, fills and audits not counted.
        public var dollarsPerMillion = 0.0
        /// Of a query, on average.
        public var meanMilliseconds = 0.0
        /// Of the middle query: of one without the store, if more than half are.
        public var middleMilliseconds = 0.0
    }

    /// What was seen of queries, and the advice is made from.
    public let traffic: ObservedTraffic
    /// Live vectors of the collection.
    public let rowCount: Int
    /// Bytes of one vector.
    public let vectorBytes: Int
    /// Whether a cold store stands behind the collection.
    public let isRemote: Bool
    /// As it is set now.
    public let ramRows: Int
    /// Vectors that the warm file has room for as it is set now.
    public let warmRows: Int
    private let inRAM: CacheModel
    private let atHand: CacheModel

    /// - Parameter uses: of each row that has any.
    init(
        traffic: ObservedTraffic, uses: [Int], rowCount: Int, vectorBytes: Int, isRemote: Bool, ramRows: Int,
        warmRows: Int
    ) {
        self.traffic = traffic
        self.rowCount = rowCount
        self.vectorBytes = vectorBytes
        self.isRemote = isRemote
        self.ramRows = min(ramRows, rowCount)
        self.warmRows = min(warmRows, rowCount)
        let model = CacheModel(uses: uses, rowCount: rowCount)
        var inRAM = model, atHand = model
        if traffic.hits > 0 {
            inRAM.calibrate(rows: self.ramRows, seen: traffic.ramHits / traffic.hits)
            atHand.calibrate(
                rows: max(self.ramRows, self.warmRows), seen: (traffic.ramHits + traffic.warmHits) / traffic.hits)
        }
        self.inRAM = inRAM
        self.atHand = atHand
    }

    /// Whether enough was seen to foretell anything.
    public var isPossible: Bool { traffic.queries >= 100 && !inRAM.isEmpty }

    /// With room for so many vectors in RAM and, of a remote collection, on the SSD.
    public func outlook(ramRows: Int, warmRows: Int) -> Outlook {
        var out = Outlook()
        out.ramRows = min(max(0, ramRows), rowCount)
        out.warmRows = isRemote ? min(max(0, warmRows), rowCount) : 0
        out.ramBytes = out.ramRows * vectorBytes
        out.warmBytes = out.warmRows * vectorBytes
        out.ramShare = inRAM.hitShare(rows: out.ramRows)
        // What is in RAM is mostly on the SSD, too: the larger of the two says what is at hand.
        let near = isRemote ? max(out.ramShare, atHand.hitShare(rows: max(out.ramRows, out.warmRows))) : 1
        out.warmShare = near - out.ramShare
        out.coldShare = 1 - near
        out.localShare = localShare(near, holdsAll: max(out.ramRows, out.warmRows) == rowCount)
        let seen = max(1, traffic.queries), cold = traffic.queries - traffic.localQueries
        let coldPerQuery = cold > 0 ? (1 - out.localShare) * seen / cold : 0
        out.keysPerQuery = coldPerQuery * traffic.coldKeys / seen
        out.dollarsPerMillion = 1e6 * coldPerQuery * traffic.coldDollars / seen
        let slow = cold > 0 ? traffic.coldTime / cold / 1e6 : 0
        // Where none was local, nothing is known of their time, and no gain is told.
        let local = traffic.localQueries > 0 ? traffic.localTime / traffic.localQueries / 1e6 : slow
        out.meanMilliseconds = out.localShare * local + (1 - out.localShare) * slow
        out.middleMilliseconds = out.localShare > 0.5 ? local : slow
        return out
    }

    /// A query is local if all that it needs is at hand, or can be left out: a power of the share at hand, and which,
    /// is taken from what was seen. Where that says none, because hits were at hand but other candidates were not, the
    /// tenth power below what was seen, and a straight line above.
    private func localShare(_ near: Double, holdsAll: Bool) -> Double {
        guard isRemote, !holdsAll else { return 1 }
        let seenNear = (traffic.ramHits + traffic.warmHits) / max(1, traffic.hits)
        let seenLocal = traffic.localQueries / max(1, traffic.queries)
        guard near > 0 else { return 0 }
        if seenNear > 0, seenNear < 1, seenLocal > 0, seenLocal < 1 {
            return pow(near, log(seenLocal) / log(seenNear))
        }
        guard near > seenNear else { return seenLocal * pow(near / seenNear, 10) }
        return seenLocal + (1 - seenLocal) * (near - seenNear) / (1 - seenNear)
    }
}
