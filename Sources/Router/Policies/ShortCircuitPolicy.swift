public import Vectors

/// Decides which missing candidates are worth a request to the cold store.
public protocol ShortCircuitPolicy: Sendable {
    /// As settings and the command line spell it.
    var name: String { get }

    /// Called once a query, on its path, after everything at hand was scored. It must not block.
    func decide(_ situation: Situation) -> Decision

    /// Called after an answer for which all was fetched that the policy wanted, something at least: `query` as in
    /// ``Situation/query``, and the distances of the answer, ascending.
    func observe(_ query: [Float], k: Int, distances: [Float])

    /// What was drawn for the query beforehand by a policy that is controlled by audits; nil of others.
    var ticket: RiskTicket? { get }
}

extension ShortCircuitPolicy {
    /// Nil: nothing is drawn.
    public var ticket: RiskTicket? { nil }

    /// Learns nothing.
    public func observe(_ query: [Float], k: Int, distances: [Float]) {}
}

/// What a policy decided.
public struct Decision: Sendable {
    /// The candidates to fetch, as positions in ``Situation/missing``, the likeliest first; empty leaves all out.
    public let fetch: [Int]
    /// What is lost by leaving candidates out, where the policy knows.
    let outlook: Outlook?

    /// Fetches these, as positions in ``Situation/missing``.
    public init(fetch: [Int]) {
        self.fetch = fetch
        outlook = nil
    }

    init(fetch: [Int], outlook: Outlook) {
        self.fetch = fetch
        self.outlook = outlook
    }
}

/// What is known of a query when the cold store has not been asked.
public struct Situation: Sendable {
    /// A candidate that is not at hand.
    public struct Missing: Sendable {
        /// Its row.
        public let row: Row
        /// Squared distance between the prepared vectors, as the index estimates it.
        public let squaredEstimate: Float
        /// Squared error of the row's code, on the index's log scale of 256 steps.
        public let codeError: UInt8

        /// A candidate with its estimate, squared, and the error byte of its code.
        public init(row: Row, squaredEstimate: Float, codeError: UInt8 = 0) {
            self.row = row
            self.squaredEstimate = squaredEstimate
            self.codeError = codeError
        }
    }

    /// The query as the index takes it: normalised under cosine, padded.
    public let query: [Float]
    /// How many hits are wanted.
    public let k: Int
    /// The distance that answers go by.
    public let metric: Metric
    /// Exact distances of the candidates at hand, ascending; at least the `k` nearest of them.
    public let present: [Float]
    /// By estimate, ascending.
    public let missing: [Missing]

    /// A situation as a router sees it. Distances ascend.
    public init(query: [Float] = [], k: Int, metric: Metric, present: [Float], missing: [Missing]) {
        self.query = query
        self.k = k
        self.metric = metric
        self.present = present
        self.missing = missing
    }
}

/// Fetches everything: the answer is what an index alone would have given.
public struct FetchAll: ShortCircuitPolicy {
    /// It has nothing to set.
    public init() {}
    public var name: String { "off" }
    public func decide(_ situation: Situation) -> Decision { Decision(fetch: Array(situation.missing.indices)) }
}

/// Fetches nothing when the present rows are near enough by a fixed mark.
///
/// A mark that holds recall spares little (1.7 % of the calls at recall 0.99 on SIFT under Zipf traffic): it is here
/// because it is simple and because users know it.
public struct Threshold: ShortCircuitPolicy {
    /// Which present row is held against the mark.
    public enum Judged: String, Sendable, CaseIterable {
        /// The k-th nearest of the present rows. The default.
        case kth
        /// The nearest of them, when there are at least k.
        case best
    }

    /// Cosine: a similarity, -1...1. Euclidean: a distance, at least 0.
    public let mark: Float
    /// Which present row is held against the mark.
    public let judged: Judged

    /// A mark; it is not checked.
    public init(mark: Float, judged: Judged = .kth) {
        self.mark = mark
        self.judged = judged
    }

    public var name: String { "threshold:\(mark)" + (judged == .kth ? "" : ",best") }

    public func decide(_ situation: Situation) -> Decision {
        let all = Decision(fetch: Array(situation.missing.indices))
        guard situation.k > 0, situation.present.count >= situation.k else { return all }
        let distance = situation.present[judged == .kth ? situation.k - 1 : 0]
        let limit = situation.metric == .cosine ? 1 - mark : mark
        return distance <= limit ? Decision(fetch: []) : all
    }
}
