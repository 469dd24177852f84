internal import Glibc
public import Vectors

/// What recall which effort reaches, measured on rows of the collection itself that took no part in the training.
///
/// A candidate list is re-ranked exactly, so an answer holds a true neighbour if and only if it is among the
/// candidates: recall@k at C candidates is the share of the true k among the first C by estimate.
public struct RecallCurve: Sendable, Codable, Equatable {
    public struct Point: Sendable, Codable, Equatable {
        public let nprobe: Int
        public let candidates: Int
        /// Mean of recall@10 over the held-out queries.
        public let recall: Double
        /// Below it the true mean lies with probability 0.05 (normal approximation over queries).
        public let lowerBound: Double
        /// What a query of this kind takes, relative to the others: rows scanned and candidates scored.
        public let cost: Double
    }

    public let points: [Point]
    public let queryCount: Int
    /// Rows the collection had when it was measured.
    public let rowCount: Int

    public init(points: [Point], queryCount: Int, rowCount: Int) {
        self.points = points
        self.queryCount = queryCount
        self.rowCount = rowCount
    }

    /// Grid of candidate counts. Lists go by powers of two and the steps between.
    public static let candidateGrid = [20, 30, 40, 50, 65, 80, 100, 130, 160, 200, 260, 320, 400, 500, 650, 800, 1000]

    public static func nprobeGrid(listCount: Int) -> [Int] {
        var grid: [Int] = []
        var n = 1.0
        while Int(n) < listCount {
            if grid.last != Int(n) { grid.append(Int(n)) }
            n *= n < 8 ? 2 : 1.189207115
        }
        return grid + [listCount]
    }

    /// Measures `index`.
    ///
    /// - Parameters:
    ///   - queries: prepared held-out vectors.
    ///   - truth: of each query its exact nearest rows, itself left out.
    ///   - search: (query, candidates, nprobe) to rows by estimate, the query's own row left out.
    public static func measure(
        queries: [[Float]], truth: [[Row]], listCount: Int, rowCount: Int, dimension: Int,
        search: ([Float], Int, Int) throws(IndexError) -> [Row]
    ) throws(IndexError) -> RecallCurve {
        var points: [Point] = []
        let most = candidateGrid.last ?? 1
        var best = 0.0
        for nprobe in nprobeGrid(listCount: listCount) {
            var found = [[Double]](repeating: [], count: candidateGrid.count)
            for (query, wanted) in zip(queries, truth) where !wanted.isEmpty {
                let rows = try search(query, most, nprobe)
                let ranks = wanted.map { row in rows.firstIndex(of: row) ?? Int.max }
                for (at, count) in candidateGrid.enumerated() {
                    found[at].append(Double(ranks.count { $0 < count }) / Double(wanted.count))
                }
            }
            for (at, count) in candidateGrid.enumerated() {
                let (mean, bound) = Self.lowerBound(found[at])
                let scanned = Double(nprobe) / Double(listCount) * Double(rowCount)
                // Measured: a coded row 20 ns, a candidate at 128 dimensions 60 ns, a centroid 10 ns.
                let cost = scanned * 20 + Double(count) * (40 + Double(dimension) / 6) + Double(listCount) * 10
                points.append(
                    Point(nprobe: nprobe, candidates: count, recall: mean, lowerBound: bound, cost: cost))
            }
            // Twice the lists for nothing more: the candidates are the limit.
            let reached = points.last?.recall ?? 0
            if reached >= 0.9995, reached - best < 0.0002 { break }
            best = reached
        }
        return RecallCurve(points: points, queryCount: queries.count, rowCount: rowCount)
    }

    /// The cheapest setting whose lower bound reaches the target with a reserve; nil when none does.
    ///
    /// Real queries are harder than held-out rows: the mark is target + 0.3 (1 - target).
    public func choose(target: Double) -> Point? {
        let mark = target + 0.3 * (1 - target)
        return points.filter { $0.lowerBound >= mark }.min { $0.cost < $1.cost }
    }

    private static func lowerBound(_ values: [Double]) -> (mean: Double, bound: Double) {
        guard values.count > 1 else { return (values.first ?? 0, 0) }
        let n = Double(values.count), mean = values.reduce(0, +) / n
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
        return (mean, mean - 1.645 * (variance / n).squareRoot())
    }
}
