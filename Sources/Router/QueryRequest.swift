public import Index
public import Vectors

/// One query, checked and prepared.
public struct QueryRequest: Sendable {
    /// `dimension` float32 values as the caller gave them.
    public let values: [Float]
    /// The same as the index wants it: normalised under cosine, padded (``Preparation``).
    public let prepared: [Float]
    public let k: Int
    public let filter: Filter?
    /// Scan every live row that matches, with no index and no policy.
    public let isExact: Bool
    public let policy: any ShortCircuitPolicy
    public let wantsMetadata: Bool
    public let wantsVectors: Bool
    /// Whether the answer tells what was known and done of each candidate.
    public var isExplained = false
    /// Whether the answer counts as use and may move vectors between tiers. Scans, audits and batch jobs say false.
    public let countsAsUse: Bool
    public let coldPath: ColdPath
    /// Whether the cold store knows vectors that this collection does not know yet: it answers then.
    public let asksStoreFirst: Bool
    /// After it the cold store is not waited for any more.
    public let deadline: ContinuousClock.Instant?

    public init(
        values: [Float], prepared: [Float], k: Int, filter: Filter? = nil, isExact: Bool = false,
        policy: any ShortCircuitPolicy = FetchAll(), wantsMetadata: Bool = false, wantsVectors: Bool = false,
        countsAsUse: Bool = true, coldPath: ColdPath = .get, asksStoreFirst: Bool = false,
        deadline: ContinuousClock.Instant? = nil
    ) {
        self.values = values
        self.prepared = prepared
        self.k = k
        self.filter = filter
        self.isExact = isExact
        self.policy = policy
        self.wantsMetadata = wantsMetadata
        self.wantsVectors = wantsVectors
        self.countsAsUse = countsAsUse
        self.coldPath = coldPath
        self.asksStoreFirst = asksStoreFirst
        self.deadline = deadline
    }
}

/// How candidates are found: the index of the moment and how deep it is looked into.
public struct IndexPlan: Sendable {
    public let index: any CandidateIndex
    /// Lists looked into when nothing is filtered; a filtered query widens it until it has enough.
    public let nprobe: Int
    public let candidateCount: Int

    public init(index: any CandidateIndex, nprobe: Int, candidateCount: Int) {
        self.index = index
        self.nprobe = nprobe
        self.candidateCount = candidateCount
    }
}
