public import Vectors

/// One vector of an answer.
public struct Hit: Sendable, Equatable {
    /// Nil for a key that only the cold store knows.
    public let row: Row?
    public let key: VectorKey
    /// In the metric's own numbers (``Metric``); an estimate when ``isExact`` is false.
    public let distance: Float
    /// Whether the distance was computed from the vector itself. False only in a degraded answer.
    public let isExact: Bool
    /// Where the vector was when it was scored.
    public let source: Source
    /// Nil unless the query asked for metadata.
    public var metadata: Metadata?
    /// The vector as it was put. Nil unless the query asked for vectors.
    public var vector: [Float]?

    public enum Source: String, Sendable, Codable, CaseIterable {
        case ram, warm, cold
        /// Nowhere: the distance is the index's estimate.
        case index
    }

    public init(
        row: Row?, key: VectorKey, distance: Float, isExact: Bool, source: Source, metadata: Metadata? = nil,
        vector: [Float]? = nil
    ) {
        self.row = row
        self.key = key
        self.distance = distance
        self.isExact = isExact
        self.source = source
        self.metadata = metadata
        self.vector = vector
    }
}

/// The nearest vectors, nearest first, and where they came from.
public struct Answer: Sendable {
    /// Distance ascending, ties by smaller row.
    public let hits: [Hit]
    public let provenance: Provenance
    /// Nil unless the query asked for it.
    public var explanation: Explanation?

    public init(hits: [Hit], provenance: Provenance) {
        self.hits = hits
        self.provenance = provenance
    }
}

/// What an answer is worth and what it cost.
public struct Provenance: Sendable {
    public enum Reason: String, Sendable, Codable, CaseIterable {
        /// Every candidate was scored exactly.
        case complete
        /// The policy left missing candidates out: they could hardly have changed the answer.
        case shortCircuit = "short_circuit"
        /// The cold store answered the query itself.
        case coldQuery = "cold_query"
        /// What was missing keeps its estimate: the day's budget is spent.
        case partial
        /// The cold store could not be reached in time: what was missing keeps its estimate.
        case degraded
        /// Every live row that passes the filter was scored.
        case exact
    }

    public var reason: Reason = .complete
    /// Rows the index proposed, or that were scanned in an exact answer.
    public var candidateCount = 0
    public var ramCount = 0
    public var warmCount = 0
    public var coldCount = 0
    /// Candidates that were at hand nowhere when the query came.
    public var missingCount = 0
    /// Lists looked into; 0 in an exact answer.
    public var nprobe = 0
    /// How often the query was run again because a row of its answer died meanwhile.
    public var rerunCount = 0
    /// Expected share of what a fetch of all candidates would have answered that this answer has; nil where nothing was
    /// left out, and where the policy does not know.
    public var expectedRecall: Double?
    /// Whether the policy had all missing candidates fetched for want of audits.
    public var isCalibrating = false
    /// Whether the query was drawn for an audit.
    public var isAudited = false
    public var cold = ColdUse()
    public var time = StageTimes()

    public init() {}

    /// What was asked of the cold store.
    public struct ColdUse: Sendable, Equatable {
        public var requestCount = 0
        public var keyCount = 0
        /// Of these, those that an audit had ride along.
        public var auditKeyCount = 0
        public var byteCount = 0
        /// US dollars, estimated: calls that are shared with other queries count whole.
        public var dollars = 0.0
        /// US dollars that the cold store would have taken for the answer.
        public var aloneDollars = 0.0
        public init() {}
    }

    /// Nanoseconds by stage; their sum is a little less than `total`.
    public struct StageTimes: Sendable {
        public var filter: UInt64 = 0
        public var index: UInt64 = 0
        public var lookup: UInt64 = 0
        /// Of the policy, on what is missing.
        public var decision: UInt64 = 0
        public var cold: UInt64 = 0
        public var finish: UInt64 = 0
        public var total: UInt64 = 0
        public init() {}
    }
}
