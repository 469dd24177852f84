public import Vectors

/// One query told candidate by candidate: where each was, what was expected of it, and what was done about it.
public struct Explanation: Sendable {
    /// One candidate of the query.
    public struct Candidate: Sendable {
        /// Its row.
        public let row: Row
        /// Nil where the row has died meanwhile.
        public let key: VectorKey?
        /// Where it was when the query came: `cold` where nowhere here.
        public let place: Hit.Source
        /// Distance that the index estimates, the mean error of the row's code counted in.
        public let estimate: Float
        /// Nil where it was not fetched.
        public let distance: Float?
        /// Chance that it is among the k nearest, before it was fetched; nil of those at hand, and where none is known.
        public let chance: Double?
        /// Whether it is in the answer.
        public let isHit: Bool
    }

    /// By estimate, ascending.
    public var candidates: [Candidate] = []
    /// How many of them a query looks at that is not explained: those behind can hardly matter.
    public var depth = 0
    /// Expected share of the k nearest that is lost if nothing is fetched; nil where none is known.
    public var expectedLoss: Double?
    /// Expected loss up to which the cold store is left alone; 0 while audits are missing; nil of policies without one.
    public var level: Double?
    /// Candidates that the policy wanted fetched.
    public var wantedCount = 0
    /// US dollars of fetching these, and of having the store answer the query; nil where nothing is charged.
    public var fetchDollars: Double?
    /// US dollars of having the store answer the query; nil where nothing is charged.
    public var queryDollars: Double?

    /// Nothing told yet.
    public init() {}
}
