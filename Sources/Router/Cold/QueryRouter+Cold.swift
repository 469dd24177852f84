internal import Index
internal import Storage
internal import Tiers
internal import Vectors

extension QueryRouter {
    /// Keys of one round: well under what the coordinator lets wait.
    private static let keysPerRound = 10_000

    /// Looks after the missing candidates that the policy wants: fetches and scores them, or has the store answer.
    ///
    /// A fetched vector serves if and only if its fingerprint is the row's: whatever happened to the key meanwhile.
    func complete(_ pool: inout Pool, _ request: QueryRequest, _ provenance: inout Provenance) async throws {
        let clock = ContinuousClock(), began = clock.now
        defer { provenance.time.cold += nanoseconds(clock.now - began) }
        let missing = pool.missing
        var wanted = Array(missing.indices)
        if provenance.reason != .exact {
            let situation = Situation(
                k: request.k, metric: metric, present: pool.nearest.sorted().map(\.distance),
                missing: missing.map {
                    .init(row: $0.row, estimate: Candidate.distance(ofEstimate: $0.estimate, metric))
                })
            wanted = request.policy.fetch(situation)
            if wanted.count < missing.count { provenance.reason = .shortCircuit }
        }
        guard !wanted.isEmpty else { return }
        if let cold, !request.isExact, !request.wantsVectors,
            cold.prefersQuery(request.coldPath, missing: wanted.count, k: request.k),
            try await askStore(&pool, request, &provenance)
        {
            if request.countsAsUse, request.coldPath == .auto {
                fills?.noteMissing(
                    wanted.map { missing[$0].row }, dollars: cold.costs?.queryPrice(count: request.k) ?? 0)
            }
            return
        }
        for start in stride(from: 0, to: wanted.count, by: Self.keysPerRound) {
            let round = wanted[start..<min(start + Self.keysPerRound, wanted.count)].map { missing[$0] }
            try await fetch(round, &pool, request, &provenance)
        }
    }

    /// Has the cold store answer the query itself, and joins that with what was at hand. False when it cannot, or did
    /// not in time.
    func askStore(_ pool: inout Pool, _ request: QueryRequest, _ provenance: inout Provenance) async throws -> Bool {
        guard let cold else { return false }
        var query = ColdQuery(values: request.values, count: request.k, filter: request.filter)
        query.wantsMetadata = request.wantsMetadata
        let asked = query, limit = request.deadline.map { SystemClock().now + ($0 - ContinuousClock.now) }
        let answer: [ColdHit]?
        do throws(ColdError) {
            let one: @Sendable (Duration) async throws(ColdError) -> [ColdHit]? = { timeout throws(ColdError) in
                let left = limit.map { $0 - SystemClock().now } ?? timeout
                guard left > .zero else { throw .deadlineExceeded }
                return try await cold.store.query(asked, timeout: min(timeout, left))
            }
            answer = try await cold.caller.call(deadline: { limit }, one)
        } catch {
            return false
        }
        guard let answer else { return false }
        provenance.reason = .coldQuery
        provenance.cold.requestCount += max(1, (request.k + 99) / 100)
        provenance.cold.dollars += cold.costs?.queryPrice(count: request.k) ?? 0
        provenance.coldCount += answer.count
        let rows = try store.read { reader in try answer.map { try reader.row(of: $0.key) } }
        let present = Set(pool.nearest.sorted().map(\.row))
        for (hit, row) in zip(answer, rows) {
            guard let row else {
                pool.strangers.append(hit)
                continue
            }
            // What is at hand was scored from the same vector.
            guard !present.contains(row) else { continue }
            pool.sources[row] = .cold
            pool.nearest.insert(hit.distance, row)
        }
        if !pool.strangers.isEmpty, !request.asksStoreFirst { strange(pool.strangers.map(\.key)) }
        return true
    }

    private func fetch(
        _ candidates: [Candidate], _ pool: inout Pool, _ request: QueryRequest, _ provenance: inout Provenance
    ) async throws {
        // Rows that died since are left out: nothing can bring them back.
        let records = try store.read { reader in try candidates.map { try reader.record(of: $0.row) } }
        let known = zip(candidates, records).compactMap { candidate, record in record.map { (candidate, $0) } }
        let outcome = await ask(known.map(\.1.key), request.deadline)
        provenance.cold.keyCount += known.count
        let callCount = cold?.callCount(known.count) ?? 0
        provenance.cold.requestCount += callCount
        provenance.cold.dollars += Double(callCount) * (cold?.costs?.fetchPrice ?? 0)
        var gone: [VectorKey] = [], changed: [VectorKey: Candidate] = [:]
        for (candidate, record) in known {
            guard let values = outcome.found[record.key]?.values else {
                if outcome.absent.contains(record.key) {
                    gone.append(record.key)
                } else {
                    estimate(candidate, &pool, &provenance)
                }
                continue
            }
            guard values.count == request.values.count, Fingerprint(of: values) == record.fingerprint else {
                changed[record.key] = candidate
                continue
            }
            provenance.cold.byteCount += 4 * values.count
            provenance.coldCount += 1
            pool.fetched.append(candidate.row, values.span)
            pool.sources[candidate.row] = .cold
            pool.nearest.insert(tiers.distance(request.values, values.span), candidate.row)
        }
        if !changed.isEmpty { try await takeChanged(changed, &pool, request, &provenance) }
        if !gone.isEmpty || !changed.isEmpty { strange(gone + changed.keys) }
    }

    /// A candidate whose vector did not come keeps the index's estimate, if it has one.
    func estimate(_ candidate: Candidate, _ pool: inout Pool, _ provenance: inout Provenance) {
        provenance.reason = .degraded
        guard candidate.estimate.isFinite else { return }
        pool.sources[candidate.row] = .index
        pool.nearest.insert(Candidate.distance(ofEstimate: candidate.estimate, metric), candidate.row)
    }

    private func ask(_ keys: [VectorKey], _ deadline: ContinuousClock.Instant?) async -> FetchCoordinator.Outcome {
        guard let cold else {
            var outcome = FetchCoordinator.Outcome()
            for key in keys { outcome.failed[key] = .unreachable(message: "this collection has no cold store") }
            return outcome
        }
        let limit = deadline.map { SystemClock().now + ($0 - ContinuousClock.now) }
        return await cold.fetches.fetch(keys, deadline: limit)
    }
}
