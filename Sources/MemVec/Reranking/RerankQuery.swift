public import Vectors

/// One line of a batch job: a query, and which vectors are to be put in order for it.
public struct RerankQuery: Sendable {
    /// Whatever names the line; it comes back with the answer.
    public var id: JSONValue?
    /// `dimension` float32 values, finite; for cosine not all zero.
    public var vector: [Float]
    /// Nil searches.
    public var candidates: [RerankCandidate]?
    /// Hits wanted, in place of ``RerankOptions/k``.
    public var k: Int?

    /// A line of a batch job; nil candidates search.
    public init(id: JSONValue? = nil, vector: [Float], candidates: [RerankCandidate]?, k: Int? = nil) {
        self.id = id
        self.vector = vector
        self.candidates = candidates
        self.k = k
    }
}

/// A key that a first stage has found, and how good it was there.
public struct RerankCandidate: Sendable, Equatable {
    /// The name of the vector.
    public var key: String
    /// More is better. Needed where scores are fused only.
    public var score: Float?

    /// A candidate; `score` is needed only where scores are fused.
    public init(_ key: String, score: Float? = nil) {
        self.key = key
        self.score = score
    }
}

/// A candidate in its place.
public struct RerankHit: Sendable, Equatable {
    /// The name of the vector.
    public let key: String
    /// Exact, as ``Metric`` defines it; of a search what ``VectorCollection/query(_:k:options:)->Answer`` says.
    public let distance: Float
    /// Nil unless scores are fused.
    public let score: Float?
}

/// What became of a ``RerankQuery``.
public struct RerankAnswer: Sendable {
    /// What the query was named by.
    public let id: JSONValue?
    /// Best first.
    public let hits: [RerankHit]
    /// Candidates that the collection does not have, in their order.
    public let missing: [String]
    /// Why the query could not be answered; there are no hits then.
    public let problem: InputError?
}
