internal import Index
public import Storage
public import Tiers
public import Vectors

/// Answers queries: candidates from the index, exact distances from where the vectors are, the rest from the cold store
/// as the policy decides.
///
/// What is at hand is scored before anything is awaited, under an epoch and a read transaction; only rows and distances
/// are carried over. At the end one read transaction decides which of the nearest are still live.
public struct QueryRouter: Sendable {
    let store: Store
    let tiers: TierStack
    let metric: Metric
    /// Where missing vectors are; nil in a local collection, where none is missing.
    let cold: ColdAccess?
    let fills: Fills?
    let audits: BackgroundTasks?
    /// Told of keys that the cold store has otherwise than this collection: not any more, changed, or alone.
    let strange: @Sendable ([VectorKey]) -> Void

    /// A router over the parts of a collection; `cold` is nil of a local one.
    public init(
        store: Store, tiers: TierStack, metric: Metric, cold: ColdAccess?,
        strange: @escaping @Sendable ([VectorKey]) -> Void = { _ in }
    ) {
        self.store = store
        self.tiers = tiers
        self.metric = metric
        self.cold = cold
        self.strange = strange
        fills = cold.map { Fills(access: $0, store: store, tiers: tiers) }
        audits = cold.map { _ in BackgroundTasks(limit: Self.auditLimit) }
    }

    /// Returns when what earlier queries have missed has been looked after.
    public func settleFills() async { await fills?.settle() }

    /// Audits under way at once.
    private static let auditLimit = 64

    /// How often an answer that lost a row to an overwrite or a delete is worked out again before it is given without.
    static let rerunLimit = 3

    /// - Throws: `IndexError`, `StorageError`. Never for an unreachable cold store: the answer says `degraded`.
    public func answer(_ request: QueryRequest, plan: IndexPlan?) async throws -> Answer {
        let clock = ContinuousClock(), start = clock.now
        var provenance = Provenance()
        while true {
            (provenance.expectedRecall, provenance.isCalibrating, provenance.trouble) = (nil, false, nil)
            let pool = try await score(request, plan, &provenance)
            FaultPoint.reached("query.scored")
            let (hits, lostCount) = try finish(pool, request, &provenance)
            if lostCount > 0, provenance.rerunCount < Self.rerunLimit {
                provenance.rerunCount += 1
                await Task.yield()
                continue
            }
            provenance.time.total = nanoseconds(clock.now - start)
            noteUse(pool, request)
            note(&provenance, request)
            if provenance.reason == .complete, provenance.missingCount > 0 {
                request.policy.observe(request.prepared, k: request.k, distances: hits.map(\.distance))
            }
            noteLoss(provenance, request)
            audit(pool, request)
            var answer = Answer(hits: hits, provenance: provenance)
            if request.isExplained { answer.explanation = try explanation(pool, request, hits) }
            return answer
        }
    }

    /// Tells the calibration what the decision is expected to have cost; what a store that is away cost is no fault of
    /// the level.
    private func noteLoss(_ provenance: Provenance, _ request: QueryRequest) {
        guard request.countsAsUse, let ticket = request.policy.ticket,
            [.complete, .shortCircuit, .coldQuery].contains(provenance.reason)
        else { return }
        ticket.calibration.note(
            expectedLoss: 1 - (provenance.expectedRecall ?? 1),
            keyCount: provenance.cold.keyCount - provenance.cold.auditKeyCount, ticket)
    }

    private func score(
        _ request: QueryRequest, _ plan: IndexPlan?, _ provenance: inout Provenance
    ) async throws -> Pool {
        if request.asksStoreFirst, !request.isExact {
            let clock = ContinuousClock(), began = clock.now
            var pool = Pool(request)
            let isAnswered = try await askStore(&pool, request, &provenance)
            provenance.time.cold += nanoseconds(clock.now - began)
            if isAnswered { return pool }
            pool = try gather(request, plan, &provenance)
            if !pool.missing.isEmpty { try await complete(&pool, request, &provenance) }
            // Keys that are not known here yet may be nearer.
            if provenance.reason != .partial { provenance.reason = .degraded }
            return pool
        }
        var pool = try gather(request, plan, &provenance)
        if !pool.missing.isEmpty { try await complete(&pool, request, &provenance) }
        return pool
    }

    /// Books what the answer cost, beside what the store alone would have taken.
    private func note(_ provenance: inout Provenance, _ request: QueryRequest) {
        guard let cold, let costs = cold.costs else { return }
        provenance.cold.aloneDollars = costs.queryPrice(count: request.k) ?? 0
        // The store's own answers carry no vectors.
        if request.wantsVectors { provenance.cold.aloneDollars += Double(cold.callCount(request.k)) * costs.fetchPrice }
        cold.spending.noteQuery(
            alone: provenance.cold.aloneDollars, spent: provenance.cold.dollars,
            wasLocal: provenance.cold.requestCount == 0 && provenance.reason != .degraded)
    }

    /// What was scored so far.
    struct Pool {
        var nearest: Nearest
        /// Where a row was when it was scored; rows that are not in it were warm.
        var sources: [Row: Hit.Source] = [:]
        /// By estimate, ascending.
        var missing: [Candidate] = []
        var fetched: RowVectors
        /// Rows and distances of the cold store's own answer, where it gave one.
        var answered: [(row: Row, distance: Float)]?
        /// What the policy foresaw; nil where nothing was missing or it does not know.
        var outlook: Outlook?
        /// Of an audited query.
        var sheet: AuditSheet?
        /// Hits of the cold store's own answer that have no row here.
        var strangers: [ColdHit] = []

        init(_ request: QueryRequest) {
            // Use is counted for at least 20 rows, and a row that dies meanwhile is to be replaced.
            nearest = Nearest(limit: max(request.k + 16, 2 * request.k, 50))
            fetched = RowVectors(dimension: request.values.count)
        }
    }

    /// After the answer: what came out near counts as used and may enter a tier.
    private func noteUse(_ pool: Pool, _ request: QueryRequest) {
        guard request.countsAsUse, !request.isExact else { return }
        let rows = pool.nearest.sorted().filter { pool.sources[$0.row] != .index }.map(\.row)
        tiers.noteUse(of: rows, k: request.k, fetched: pool.fetched.rows.isEmpty ? nil : pool.fetched)
    }

    /// Everything that needs no `await`: filter, candidates, distances of what is at hand.
    private func gather(_ request: QueryRequest, _ plan: IndexPlan?, _ provenance: inout Provenance) throws -> Pool {
        let clock = ContinuousClock(), began = clock.now
        let among = try request.filter.map { filter in try store.read { try $0.rows(matching: filter) } }
        let filtered = clock.now
        provenance.time.filter += nanoseconds(filtered - began)
        var pool = Pool(request)
        let matchCount = among?.count
        let candidates: [Candidate]
        if let plan, !request.isExact, !prefersScan(matchCount, plan) {
            candidates = try find(request, plan, among, matchCount, &provenance)
            provenance.reason = .complete
        } else {
            if store.shape.holdsVectors { return try scan(request, among, pool, &provenance) }
            let rows = among ?? store.live.snapshot(rowCount: Int(store.counters.nextRow))
            if let plan, !request.isExact, let all = try estimates(of: rows, request, plan, &provenance) {
                candidates = all
                provenance.reason = .complete
            } else {
                candidates = rows.rows.map { Candidate(row: $0, estimate: .infinity) }
                provenance.reason = .exact
            }
        }
        let indexed = clock.now
        provenance.time.index += nanoseconds(indexed - filtered)
        let decided = provenance.time.decision
        try score(candidates, request, &pool, &provenance)
        provenance.time.lookup += nanoseconds(clock.now - indexed) - (provenance.time.decision - decided)
        return pool
    }

    private func score(
        _ candidates: [Candidate], _ request: QueryRequest, _ pool: inout Pool, _ provenance: inout Provenance
    ) throws {
        let isAudited = provenance.reason != .exact && request.policy.ticket?.isAudit == true
        provenance.isAudited = isAudited
        let wantsSheet = isAudited || request.isExplained && provenance.reason != .exact
        let depth = provenance.reason == .exact ? candidates.count : depth(of: candidates, request, &provenance)
        if wantsSheet { pool.sheet = AuditSheet(k: request.k, metric: metric, depth: depth) }
        let candidates = wantsSheet ? candidates : Array(candidates.prefix(depth))
        provenance.candidateCount = candidates.count
        var lookup = TierLookup()
        let mode: ReadMode = request.countsAsUse && !request.isExact ? .normal : .undisturbing
        try tiers.lookup(request.values, candidates.map(\.row), into: &lookup, mode: mode)
        provenance.ramCount = 0
        for (at, candidate) in candidates.enumerated() {
            let place = lookup.place(at: at)
            if wantsSheet {
                pool.sheet?.note(
                    candidate, place == .missing ? nil : lookup.distances[at],
                    codeError: tiers.residency.codeError(of: candidate.row))
            }
            switch place {
            case .missing:
                pool.missing.append(candidate)
            case .ram:
                provenance.ramCount += 1
                pool.sources[candidate.row] = .ram
                pool.nearest.insert(lookup.distances[at], candidate.row)
            case .block:
                pool.nearest.insert(lookup.distances[at], candidate.row)
            }
        }
        provenance.missingCount = pool.missing.count
        provenance.warmCount = candidates.count - pool.missing.count - provenance.ramCount
    }

    /// How many of the candidates are looked at.
    private func depth(of candidates: [Candidate], _ request: QueryRequest, _ provenance: inout Provenance) -> Int {
        guard let ticket = request.policy.ticket else { return candidates.count }
        let clock = ContinuousClock(), began = clock.now
        defer { provenance.time.decision += nanoseconds(clock.now - began) }
        return ticket.depth(of: candidates, k: request.k)
    }

    /// Under one percent matching, or few rows at all, scoring every match is cheaper than looking for the best.
    private func prefersScan(_ matchCount: Int?, _ plan: IndexPlan) -> Bool {
        guard let matchCount else { return false }
        return matchCount <= max(4 * plan.candidateCount, store.shape.holdsVectors ? plan.index.rowCount / 100 : 0)
    }

    /// All of `rows` as candidates, out of all lists, where some of them are not at hand: so that no more of them are
    /// fetched than matter, and that they have estimates where the store is away. Nil where nothing is missing, and
    /// where the index does not hold them all.
    private func estimates(
        of rows: RowSet, _ request: QueryRequest, _ plan: IndexPlan, _ provenance: inout Provenance
    ) throws -> [Candidate]? {
        guard rows.rows.contains(where: { !tiers.isAtHand($0) }) else { return nil }
        let found = try plan.index.candidates(
            for: request.prepared, count: rows.count, nprobe: plan.index.listCount, among: rows, live: store.live)
        guard found.count == rows.rows.count(where: { store.live.contains($0) }) else { return nil }
        provenance.nprobe = plan.index.listCount
        return found
    }

    /// Every wanted row of a local collection, block by block.
    private func scan(
        _ request: QueryRequest, _ among: RowSet?, _ pool: Pool, _ provenance: inout Provenance
    ) throws -> Pool {
        let clock = ContinuousClock(), began = clock.now
        var pool = pool, count = 0
        let rows = among ?? store.live.snapshot(rowCount: Int(store.counters.nextRow))
        try store.read { reader in
            try reader.scan(request.values, metric, among: rows) { row, _, distance in
                count += 1
                pool.nearest.insert(distance, row)
            }
        }
        provenance.reason = .exact
        provenance.candidateCount = count
        provenance.warmCount = count
        provenance.time.lookup += nanoseconds(clock.now - began)
        return pool
    }

    /// Candidates; with a filter, from so many lists that there are enough of them.
    private func find(
        _ request: QueryRequest, _ plan: IndexPlan, _ among: RowSet?, _ matchCount: Int?,
        _ provenance: inout Provenance
    ) throws -> [Candidate] {
        let rowCount = max(plan.index.rowCount, 1)
        let wanted = min(max(plan.candidateCount, 4 * request.k), rowCount)
        var nprobe = plan.nprobe
        if let matchCount {
            // The k-th match is as far as if the collection were smaller: its neighbours lie in more lists.
            let share = max(Double(matchCount) / Double(rowCount), 1e-6)
            nprobe = Int(Double(nprobe) / share.squareRoot())
        }
        while true {
            nprobe = min(max(nprobe, 1), plan.index.listCount)
            let found = try plan.index.candidates(
                for: request.prepared, count: wanted, nprobe: nprobe, among: among, live: store.live)
            provenance.nprobe = nprobe
            if found.count >= min(wanted, matchCount ?? wanted) || nprobe == plan.index.listCount { return found }
            nprobe *= 2
        }
    }

    /// The nearest that are live, with key and metadata, under one moment of the store; and how many had died.
    private func finish(
        _ pool: Pool, _ request: QueryRequest, _ provenance: inout Provenance
    ) throws -> (hits: [Hit], lostCount: Int) {
        let clock = ContinuousClock(), began = clock.now
        defer { provenance.time.finish += nanoseconds(clock.now - began) }
        return try store.read { reader in
            var hits: [Hit] = [], lostCount = 0
            for entry in pool.nearest.sorted() where hits.count < request.k {
                guard let record = try reader.record(of: entry.row) else {
                    lostCount += 1
                    continue
                }
                let source = pool.sources[entry.row] ?? .warm
                var hit = Hit(
                    row: entry.row, key: record.key, distance: entry.distance, isExact: source != .index,
                    source: source)
                if request.filter != nil || request.wantsMetadata {
                    let metadata = try Metadata(encoded: record.encodedMetadata)
                    // The metadata may have been changed since the row set was made.
                    if let filter = request.filter, !filter.matches(metadata) {
                        lostCount += 1
                        continue
                    }
                    if request.wantsMetadata { hit.metadata = metadata }
                }
                if request.wantsVectors { hit.vector = try vector(of: entry.row, reader, pool) }
                hits.append(hit)
            }
            return (Self.joined(hits, pool.strangers, request), lostCount)
        }
    }

    private static func joined(_ hits: [Hit], _ strangers: [ColdHit], _ request: QueryRequest) -> [Hit] {
        guard !strangers.isEmpty else { return hits }
        let others = strangers.map { stranger in
            Hit(
                row: nil, key: stranger.key, distance: stranger.distance, isExact: true, source: .cold,
                metadata: request.wantsMetadata ? stranger.metadata ?? Metadata() : nil)
        }
        // Both are in order; of equal distances the row that is known comes first.
        return Array((hits + others).sorted { $0.distance < $1.distance }.prefix(request.k))
    }

    private func vector(of row: Row, _ reader: borrowing StoreReader, _ pool: Pool) throws -> [Float]? {
        if store.shape.holdsVectors {
            return try reader.withVector(of: row) { span in span.indices.map { span[$0] } }
        }
        if let at = pool.fetched.rows.firstIndex(of: row) {
            return pool.fetched.withVector(at: at) { span in span.indices.map { span[$0] } }
        }
        return tiers.vector(of: row)
    }
}

func nanoseconds(_ duration: Duration) -> UInt64 {
    let (seconds, attoseconds) = duration.components
    return UInt64(max(0, seconds)) * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000)
}
