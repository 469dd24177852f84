public import Vectors

/// Decides which missing candidates are worth a request to the cold store.
public protocol ShortCircuitPolicy: Sendable {
    /// As settings and the command line spell it.
    var name: String { get }

    /// The candidates to fetch, as positions in `situation.missing`, the likeliest first; empty leaves all out.
    ///
    /// Called once a query, on its path, after everything at hand was scored. It must not block.
    func fetch(_ situation: Situation) -> [Int]
}

/// What is known of a query when the cold store has not been asked.
public struct Situation: Sendable {
    public struct Missing: Sendable {
        public let row: Row
        /// The index's estimate as a distance of the metric.
        public let estimate: Float
    }

    public let k: Int
    public let metric: Metric
    /// Exact distances of the candidates at hand, ascending; at least the `k` nearest of them.
    public let present: [Float]
    /// By estimate, ascending.
    public let missing: [Missing]

    public init(k: Int, metric: Metric, present: [Float], missing: [Missing]) {
        self.k = k
        self.metric = metric
        self.present = present
        self.missing = missing
    }
}

/// Fetches everything: the answer is what an index alone would have given.
public struct FetchAll: ShortCircuitPolicy {
    public init() {}
    public var name: String { "off" }
    public func fetch(_ situation: Situation) -> [Int] { Array(situation.missing.indices) }
}

/// Fetches nothing when the present rows are near enough by a fixed mark.
///
/// A mark that holds recall spares little (1.7 % of the calls at recall 0.99 on SIFT under Zipf traffic): it is here
/// because it is simple and because users know it.
public struct Threshold: ShortCircuitPolicy {
    public enum Judged: String, Sendable, CaseIterable {
        /// The k-th nearest of the present rows. The default.
        case kth
        /// The nearest of them, when there are at least k.
        case best
    }

    /// Cosine: a similarity, -1...1. Euclidean: a distance, at least 0.
    public let mark: Float
    public let judged: Judged

    public init(mark: Float, judged: Judged = .kth) {
        self.mark = mark
        self.judged = judged
    }

    public var name: String { "threshold:\(mark)" + (judged == .kth ? "" : ",best") }

    public func fetch(_ situation: Situation) -> [Int] {
        let all = Array(situation.missing.indices)
        guard situation.k > 0, situation.present.count >= situation.k else { return all }
        let distance = situation.present[judged == .kth ? situation.k - 1 : 0]
        let limit = situation.metric == .cosine ? 1 - mark : mark
        return distance <= limit ? [] : all
    }
}
