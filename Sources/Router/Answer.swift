public import Vectors

/// One vector of an answer.
public struct Hit: Sendable, Equatable {
    /// Nil for a key that only the cold store knows.
    public let row: Row?
    /// The name of the vector.
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

    /// Where a vector was when it was scored.
    public enum Source: String, Sendable, Codable, CaseIterable {
        /// In RAM, on the SSD, or fetched from the cold store.
        case ram, warm, cold
        /// Nowhere: the distance is the index's estimate.
        case index
    }

    /// A hit as a router makes it.
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
    /// What the answer is worth, where it came from and what it cost.
    public let provenance: Provenance
    /// Nil unless the query asked for it.
    public var explanation: Explanation?

    /// An answer without an explanation.
    public init(hits: [Hit], provenance: Provenance) {
        self.hits = hits
        self.provenance = provenance
    }
}

/// What an answer is worth and what it cost.
public struct Provenance: Sendable {
    /// Why the query ended where it did.
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

    /// Why the query ended where it did.
    public var reason: Reason = .complete
    /// Rows the index proposed, or that were scanned in an exact answer.
    public var candidateCount = 0
    /// Candidates that were scored from RAM.
    public var ramCount = 0
    /// Candidates that were scored from the SSD.
    public var warmCount = 0
    /// Candidates that were scored after a fetch, and hits of the cold store's own answer.
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
    /// Why the cold store gave none of what it was asked for, or not all; nil when it did, and when it was not asked.
    public var trouble: String?
    /// Whether the query was drawn for an audit.
    public var isAudited = false
    /// What was asked of the cold store.
    public var cold = ColdUse()
    /// Where the time went.
    public var time = StageTimes()

    /// Of an answer for which nothing was done yet.
    public init() {}

    /// What was asked of the cold store.
    public struct ColdUse: Sendable, Equatable {
        /// Requests.
        public var requestCount = 0
        /// Keys of fetches, and hits of the store's own answers.
        public var keyCount = 0
        /// Of these, those that an audit had ride along.
        public var auditKeyCount = 0
        /// Bytes of the bodies of its answers.
        public var byteCount = 0
        /// US dollars, estimated: calls that are shared with other queries count whole.
        public var dollars = 0.0
        /// US dollars that the cold store would have taken for the answer.
        public var aloneDollars = 0.0
        /// Nothing asked.
        public init() {}
    }

    /// Nanoseconds by stage; their sum is a little less than `total`.
    public struct StageTimes: Sendable {
        /// Working out which rows match the filter.
        public var filter: UInt64 = 0
        /// Asking the index for candidates.
        public var index: UInt64 = 0
        /// Finding vectors at hand and their distances.
        public var lookup: UInt64 = 0
        /// Of the policy, on what is missing.
        public var decision: UInt64 = 0
        /// Waiting for the cold store.
        public var cold: UInt64 = 0
        /// Checking that rows are live, and reading keys and metadata.
        public var finish: UInt64 = 0
        /// From the call to the answer.
        public var total: UInt64 = 0
        /// No time spent.
        public init() {}
    }
}
