internal import Index
internal import Tiers
internal import Vectors

/// What is known of an audited query's candidates, and what follows when all are.
struct AuditSheet: Sendable {
    let k: Int
    let metric: Metric
    /// As the index proposed them, each with its squared distance where that is known, and its code's error.
    private(set) var candidates: [Candidate] = []
    private(set) var distances: [Float?] = []
    private(set) var codeErrors: [UInt8] = []
    /// Positions of the candidates that were missing, by estimate.
    private(set) var missing: [Int] = []
    /// Nil where the model was not ready, or nothing was missing.
    var outlook: Outlook?
    /// How many in the outlook's order the policy wanted.
    var decidedCount = 0
    /// Whether the store's own answer takes the place of a fetch on this way.
    var asksStore = false
    /// Keys that were fetched with the query's own, for the audit alone.
    var riddenKeys = 0

    init(k: Int, metric: Metric) {
        self.k = k
        self.metric = metric
    }

    /// - Parameter distance: of the metric; nil where the vector is missing.
    mutating func note(_ candidate: Candidate, _ distance: Float?, codeError: UInt8) {
        if distance == nil { missing.append(candidates.count) }
        candidates.append(candidate)
        distances.append(distance.map { Outlook.squared($0, metric) })
        codeErrors.append(codeError)
    }

    mutating func setDistance(_ distance: Float, of row: Row) {
        guard let at = missing.first(where: { candidates[$0].row == row }) else { return }
        distances[at] = Outlook.squared(distance, metric)
    }

    /// As the metric has it.
    func distance(at place: Int) -> Float? {
        distances[place].map { metric == .euclidean ? $0.squareRoot() : $0 / 2 }
    }

    /// Missing candidates whose distance is not known yet.
    var unknown: [Candidate] { missing.filter { distances[$0] == nil }.map { candidates[$0] } }

    /// What the audit says once distances are known, all that there are.
    func finding(extraKeys: Int, dollars: Double, measuresAll: Bool) -> AuditFinding {
        var finding = AuditFinding()
        finding.extraKeys = extraKeys
        finding.dollars = dollars
        if measuresAll {
            finding.pairs = candidates.indices.compactMap { at in
                distances[at].map {
                    .init(estimate: candidates[at].estimate, codeError: codeErrors[at], squaredDistance: $0)
                }
            }
        }
        guard !missing.isEmpty else {
            finding.curve = LossCurve.none
            return finding
        }
        guard let outlook else { return finding }
        let places = lostPlaces(outlook)
        finding.curve = LossCurve { level in
            let fetched = asksStore ? (outlook.loss() > level ? missing.count : 0) : outlook.fetchCount(at: level)
            return Self.share(of: places, beyond: fetched, k)
        }
        finding.loss = Self.share(of: places, beyond: asksStore && decidedCount > 0 ? missing.count : decidedCount, k)
        return finding
    }

    /// Places in the outlook's order of the missing candidates that are among the k nearest.
    private func lostPlaces(_ outlook: Outlook) -> Set<Int> {
        let known = candidates.indices.filter { distances[$0] != nil }
        let nearest = known.sorted { a, b in
            (distances[a] ?? 0, candidates[a].row) < (distances[b] ?? 0, candidates[b].row)
        }.prefix(k)
        let wanted = Set(nearest)
        return Set(outlook.order.indices.filter { wanted.contains(missing[outlook.order[$0]]) })
    }

    private static func share(of places: Set<Int>, beyond fetched: Int, _ k: Int) -> Double {
        Double(places.count { $0 >= fetched }) / Double(k)
    }
}
