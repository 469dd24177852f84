import MemVec
import Workload

/// The answers of a few lines of code that know no index, no store and no posting.
struct BruteForce {
    let metric: Metric
    let dimension: Int
    private var vectors: [KeyedVersion: [Float]] = [:]

    init(metric: Metric, dimension: Int) {
        self.metric = metric
        self.dimension = dimension
    }

    mutating func vector(_ item: KeyedVersion) -> [Float] {
        if let known = vectors[item] { return known }
        let made = item.vector(dimension: dimension)
        vectors[item] = made
        return made
    }

    /// Distances of all entries that pass, by key, in double precision.
    mutating func distances(
        from query: [Float], in model: KeyedModel, where passes: (_ key: Int, _ metadata: Int) -> Bool
    ) -> [Int: Double] {
        var out: [Int: Double] = [:]
        for (key, entry) in model.entries where passes(key, entry.metadata) {
            out[key] = distance(metric, query, vector(KeyedVersion(key: key, version: entry.vector)))
        }
        return out
    }

    /// Whether two answers are the same to the last bit, wherever their vectors were.
    static func areSame(_ a: [Hit], _ b: [Hit]) -> Bool {
        guard a.count == b.count else { return false }
        return zip(a, b).allSatisfy { a, b in
            a.row == b.row && a.key == b.key && a.distance == b.distance && a.isExact == b.isExact
                && a.metadata == b.metadata && a.vector == b.vector
        }
    }

    /// What is wrong with `hits` as the `k` nearest of `truth`; nil when nothing is.
    ///
    /// Two keys whose distances differ by less than float32 can tell may change places.
    static func problem(with hits: [Hit], truth: [Int: Double], k: Int) -> String? {
        let best = truth.values.sorted().prefix(k)
        guard hits.count == best.count else { return "\(hits.count) hits, \(best.count) are right" }
        guard Set(hits.map(\.key)).count == hits.count else { return "a key is there twice" }
        for (hit, expected) in zip(hits, best) {
            guard let own = truth[Int(hit.key.text.dropFirst(4)) ?? -1] else { return "\(hit.key) should not be there" }
            let slack = 1e-4 * max(1, expected)
            if abs(own - Double(hit.distance)) > slack { return "\(hit.key) is at \(own), not at \(hit.distance)" }
            if abs(own - expected) > slack { return "\(hit.key) at \(own) stands where one at \(expected) should" }
        }
        for (a, b) in zip(hits, hits.dropFirst()) {
            guard let first = a.row, let second = b.row else { return "\(a.key) or \(b.key) has no row" }
            if (a.distance, first) < (b.distance, second) { continue }
            return "\(a.key) stands before \(b.key)"
        }
        return nil
    }
}

/// The metric's distance in double precision, straight from its definition.
func distance(_ metric: Metric, _ a: [Float], _ b: [Float]) -> Double {
    var dot = 0.0, aa = 0.0, bb = 0.0, squares = 0.0
    for i in a.indices {
        let x = Double(a[i]), y = Double(b[i])
        dot += x * y
        aa += x * x
        bb += y * y
        squares += (x - y) * (x - y)
    }
    return metric == .euclidean ? squares.squareRoot() : min(2, max(0, 1 - dot / (aa * bb).squareRoot()))
}
