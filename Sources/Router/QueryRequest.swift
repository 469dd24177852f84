public import Index
public import Vectors

/// One query, checked and prepared.
public struct QueryRequest: Sendable {
    /// `dimension` float32 values as the caller gave them.
    public let values: [Float]
    /// The same as the index wants it: normalised under cosine, padded (`Preparation`).
    public let prepared: [Float]
    /// How many hits are wanted.
    public let k: Int
    /// Only rows that match; nil lets all pass.
    public let filter: Filter?
    /// Scan every live row that matches, with no index and no policy.
    public let isExact: Bool
    /// What decides which missing vectors are fetched.
    public let policy: any ShortCircuitPolicy
    /// Whether hits carry their metadata.
    public let wantsMetadata: Bool
    /// Whether hits carry their vectors.
    public let wantsVectors: Bool
    /// Whether the answer tells what was known and done of each candidate.
    public var isExplained = false
    /// Whether the answer counts as use and may move vectors between tiers. Scans, audits and batch jobs say false.
    public let countsAsUse: Bool
    /// How the cold store is asked.
    public let coldPath: ColdPath
    /// Whether the cold store knows vectors that this collection does not know yet: it answers then.
    public let asksStoreFirst: Bool
    /// After it the cold store is not waited for any more.
    public let deadline: ContinuousClock.Instant?

    /// A request whose vector was checked and prepared.
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
    /// The index of the moment.
    public let index: any CandidateIndex
    /// Lists looked into when nothing is filtered; a filtered query widens it until it has enough.
    public let nprobe: Int
    /// Candidates that are looked at.
    public let candidateCount: Int

    /// A plan for the index.
    public init(index: any CandidateIndex, nprobe: Int, candidateCount: Int) {
        self.index = index
        self.nprobe = nprobe
        self.candidateCount = candidateCount
    }
}
