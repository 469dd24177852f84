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
    /// How many of the candidates a query looks at that is not audited.
    let depth: Int
    /// Nil where the model was not ready, or nothing was missing.
    var outlook: Outlook?
    /// How many in the outlook's order the policy wanted.
    var decidedCount = 0
    /// Whether the store's own answer takes the place of a fetch on this way.
    var asksStore = false
    /// Keys that were fetched with the query's own, for the audit alone.
    var riddenKeys = 0

    init(k: Int, metric: Metric, depth: Int = .max) {
        self.k = k
        self.metric = metric
        self.depth = depth
    }

    /// How many of the missing candidates lie within ``depth``.
    var missingWithinDepth: Int { missing.count { $0 < depth } }

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
        let nearest = nearest, unseen = nearest.count { $0 >= depth }
        guard missingWithinDepth > 0 else {
            let loss = Double(unseen) / Double(k)
            finding.curve = unseen == 0 ? .none : LossCurve { _ in loss }
            finding.expected = LossCurve.none
            finding.loss = loss
            return finding
        }
        guard let outlook else { return finding }
        // Places in the outlook's order of the missing candidates that are among the nearest.
        let places = outlook.order.indices.filter { nearest.contains(missing[outlook.order[$0]]) }
        let loss = { (fetched: Int) in
            // The store's own answer leaves nothing out.
            if asksStore, fetched > 0 { return 0.0 }
            return Double(unseen + places.count { $0 >= fetched }) / Double(k)
        }
        finding.curve = LossCurve { loss(outlook.fetchCount(at: $0)) }
        finding.expected = LossCurve { level in
            let fetched = outlook.fetchCount(at: level)
            return asksStore && fetched > 0 ? 0 : Double(outlook.loss(fetching: fetched))
        }
        finding.loss = loss(decidedCount)
        return finding
    }

    /// Positions of the k nearest.
    private var nearest: Set<Int> {
        let known = candidates.indices.filter { distances[$0] != nil }
        return Set(
            known.sorted { a, b in
                (distances[a] ?? 0, candidates[a].row) < (distances[b] ?? 0, candidates[b].row)
            }.prefix(k))
    }
}
