internal import Index
internal import Storage
internal import Tiers
internal import Vectors

extension QueryRouter {
    /// What is known of an answered query's candidates. Nothing of a scan.
    func explanation(_ pool: Pool, _ request: QueryRequest, _ hits: [Hit]) throws -> Explanation? {
        guard let sheet = pool.sheet else { return nil }
        var out = Explanation()
        out.depth = min(sheet.depth, sheet.candidates.count)
        out.expectedLoss = pool.outlook.map { Double($0.loss()) }
        out.level = request.policy.ticket.map { Double($0.level) }
        out.wantedCount = pool.missing.isEmpty ? 0 : sheet.decidedCount
        if let cold, let costs = cold.costs {
            out.fetchDollars = Double(cold.callCount(out.wantedCount)) * costs.fetchPrice
            out.queryDollars = costs.queryPrice(count: request.k)
        }
        var chances: [Int: Float] = [:]
        if let outlook = pool.outlook {
            for (place, at) in outlook.order.enumerated() { chances[sheet.missing[at]] = outlook.chances[place] }
        }
        let missing = Set(sheet.missing), hitRows = Set(hits.compactMap(\.row))
        let exact = Dictionary(
            pool.nearest.sorted().filter { pool.sources[$0.row] != .index }.map { ($0.row, $0.distance) },
            uniquingKeysWith: { first, _ in first })
        let keys = try store.read { reader in
            try sheet.candidates.map { try reader.record(of: $0.row)?.key }
        }
        for (at, candidate) in sheet.candidates.enumerated() {
            let isMissing = missing.contains(at)
            let fetched = pool.fetched.rows.firstIndex(of: candidate.row).map { place in
                pool.fetched.withVector(at: place) { tiers.distance(request.values, $0) }
            }
            out.candidates.append(
                .init(
                    row: candidate.row, key: keys[at],
                    place: isMissing ? .cold : pool.sources[candidate.row] ?? .warm,
                    estimate: Candidate.distance(
                        ofEstimate: candidate.estimate + ErrorModel.errors[Int(sheet.codeErrors[at])], metric),
                    distance: isMissing ? fetched ?? exact[candidate.row] : sheet.distance(at: at),
                    chance: chances[at].map(Double.init), isHit: hitRows.contains(candidate.row)))
        }
        return out
    }
}
