internal import Index
public import Storage
public import Vectors

/// Answers queries: candidates from the index, exact distances from where the vectors are, the rest from the cold store
/// as the policy decides.
///
/// What is at hand is scored before anything is awaited, under an epoch and a read transaction; only rows and distances
/// are carried over. At the end one read transaction decides which of the nearest are still live.
public struct QueryRouter: Sendable {
    let store: Store
    let metric: Metric

    public init(store: Store, metric: Metric) {
        self.store = store
        self.metric = metric
    }

    /// How often an answer that lost a row to an overwrite or a delete is worked out again before it is given without.
    static let rerunLimit = 3

    /// - Throws: ``IndexError``, ``StorageError``.
    public func answer(_ request: QueryRequest, plan: IndexPlan?) async throws -> Answer {
        let clock = ContinuousClock(), start = clock.now
        var provenance = Provenance()
        while true {
            let pool = try gather(request, plan, &provenance)
            let (hits, lostCount) = try finish(pool, request, &provenance)
            if lostCount > 0, provenance.rerunCount < Self.rerunLimit {
                provenance.rerunCount += 1
                await Task.yield()
                continue
            }
            provenance.time.total = nanoseconds(clock.now - start)
            return Answer(hits: hits, provenance: provenance)
        }
    }

    /// What was scored so far.
    struct Pool {
        var nearest: Nearest
        /// Where a row was when it was scored; only of rows that are not warm.
        var sources: [Row: Hit.Source] = [:]
        var missing: [Candidate] = []
    }

    /// Everything that needs no `await`: filter, candidates, distances of what is at hand.
    private func gather(_ request: QueryRequest, _ plan: IndexPlan?, _ provenance: inout Provenance) throws -> Pool {
        let clock = ContinuousClock(), began = clock.now
        let among = try request.filter.map { filter in try store.read { try $0.rows(matching: filter) } }
        let filtered = clock.now
        provenance.time.filter = nanoseconds(filtered - began)
        // A few more than k, so that a row that dies meanwhile can be replaced.
        var pool = Pool(nearest: Nearest(limit: request.k + 16))
        let matchCount = among?.count
        guard let plan, !request.isExact, !prefersScan(matchCount, plan) else {
            return try scan(request, among, pool, &provenance)
        }
        let candidates = try find(request, plan, among, matchCount, &provenance)
        let indexed = clock.now
        provenance.time.index = nanoseconds(indexed - filtered)
        provenance.candidateCount = candidates.count
        let query = DistanceQuery(values: request.values, metric: metric)
        let distances = try store.read { try $0.distances(from: query, to: candidates.map(\.row)) }
        for (candidate, distance) in zip(candidates, distances) {
            if distance.isNaN {
                pool.missing.append(candidate)
            } else {
                pool.nearest.insert(distance, candidate.row)
            }
        }
        provenance.warmCount = candidates.count - pool.missing.count
        provenance.missingCount = pool.missing.count
        provenance.reason = .complete
        provenance.time.lookup = nanoseconds(clock.now - indexed)
        return pool
    }

    /// Under one percent matching, or few rows at all, scoring every match is cheaper than looking for the best.
    private func prefersScan(_ matchCount: Int?, _ plan: IndexPlan) -> Bool {
        guard let matchCount else { return false }
        return matchCount <= max(4 * plan.candidateCount, plan.index.rowCount / 100)
    }

    private func scan(
        _ request: QueryRequest, _ among: RowSet?, _ pool: Pool, _ provenance: inout Provenance
    ) throws -> Pool {
        let clock = ContinuousClock(), began = clock.now
        var pool = pool
        let rows = among ?? store.live.snapshot(rowCount: Int(store.counters.nextRow))
        var count = 0
        try store.read { reader in
            try reader.scan(request.values, metric, among: rows) { row, _, distance in
                count += 1
                pool.nearest.insert(distance, row)
            }
        }
        provenance.reason = .exact
        provenance.candidateCount = count
        provenance.warmCount = count
        provenance.time.lookup = nanoseconds(clock.now - began)
        return pool
    }

    /// Candidates; with a filter, from so many lists that there are enough of them.
    private func find(
        _ request: QueryRequest, _ plan: IndexPlan, _ among: RowSet?, _ matchCount: Int?,
        _ provenance: inout Provenance
    ) throws -> [Candidate] {
        let wanted = min(max(plan.candidateCount, 4 * request.k), max(plan.index.rowCount, 1))
        var nprobe = plan.nprobe
        if let matchCount {
            // Matches are as far apart as if the collection were smaller: the same number of them lies in more lists.
            let share = Double(matchCount) / Double(max(1, store.counters.liveCount))
            nprobe = Int(Double(nprobe) / max(share, 1e-6).squareRoot().squareRoot() / max(share, 1e-6).squareRoot())
        }
        while true {
            nprobe = min(max(nprobe, 1), plan.index.listCount)
            let found = try plan.index.candidates(
                for: request.prepared, count: wanted, nprobe: nprobe, among: among, live: store.live)
            provenance.nprobe = nprobe
            let enough = min(max(wanted, request.k), matchCount ?? Int(store.counters.liveCount))
            if found.count >= min(enough, wanted) || nprobe == plan.index.listCount { return found }
            nprobe *= 2
        }
    }

    /// The nearest that are live, with key and metadata, under one moment of the store; and how many had died.
    private func finish(
        _ pool: Pool, _ request: QueryRequest, _ provenance: inout Provenance
    ) throws -> (hits: [Hit], lostCount: Int) {
        let clock = ContinuousClock(), began = clock.now
        defer { provenance.time.finish = nanoseconds(clock.now - began) }
        return try store.read { reader in
            var hits: [Hit] = [], lostCount = 0
            for entry in pool.nearest.sorted() where hits.count < request.k {
                guard let record = try reader.record(of: entry.row) else {
                    lostCount += 1
                    continue
                }
                var hit = Hit(
                    row: entry.row, key: record.key, distance: entry.distance, isExact: true,
                    source: pool.sources[entry.row] ?? .warm)
                if request.filter != nil || request.wantsMetadata {
                    let metadata = try Metadata(encoded: record.encodedMetadata)
                    // The metadata may have been changed since the row set was made.
                    if let filter = request.filter, !filter.matches(metadata) {
                        lostCount += 1
                        continue
                    }
                    if request.wantsMetadata { hit.metadata = metadata }
                }
                if request.wantsVectors {
                    hit.vector = try reader.withVector(of: entry.row) { span in span.indices.map { span[$0] } }
                }
                hits.append(hit)
            }
            return (hits, lostCount)
        }
    }
}

private func nanoseconds(_ duration: Duration) -> UInt64 {
    let (seconds, attoseconds) = duration.components
    return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
}
