internal import Index
internal import Storage
internal import Tiers
internal import Vectors

extension QueryRouter {
    /// Keys of one round: well under what the coordinator lets wait.
    private static let keysPerRound = 10_000

    /// Fetches of the missing candidates what the policy wants, and scores it.
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
        for start in stride(from: 0, to: wanted.count, by: Self.keysPerRound) {
            let round = wanted[start..<min(start + Self.keysPerRound, wanted.count)].map { missing[$0] }
            try await fetch(round, &pool, request, &provenance)
        }
    }

    private func fetch(
        _ candidates: [Candidate], _ pool: inout Pool, _ request: QueryRequest, _ provenance: inout Provenance
    ) async throws {
        // Rows that died since are left out: nothing can bring them back.
        let records = try store.read { reader in try candidates.map { try reader.record(of: $0.row) } }
        let known = zip(candidates, records).compactMap { candidate, record in record.map { (candidate, $0) } }
        let outcome = await ask(known.map(\.1.key), request.deadline)
        provenance.cold.keyCount += known.count
        provenance.cold.requestCount += (known.count + 99) / 100
        var strange: [Row] = []
        for (candidate, record) in known {
            guard let values = outcome.found[record.key]?.values else {
                if outcome.absent.contains(record.key) {
                    strange.append(candidate.row)
                } else {
                    estimate(candidate, &pool, &provenance)
                }
                continue
            }
            guard values.count == request.values.count, Fingerprint(of: values) == record.fingerprint else {
                strange.append(candidate.row)
                continue
            }
            provenance.cold.byteCount += 4 * values.count
            provenance.coldCount += 1
            pool.fetched.append(candidate.row, values.span)
            pool.sources[candidate.row] = .cold
            pool.nearest.insert(tiers.distance(request.values, values.span), candidate.row)
        }
        if !strange.isEmpty { estranged(strange) }
    }

    /// A candidate whose vector did not come keeps the index's estimate, if it has one.
    private func estimate(_ candidate: Candidate, _ pool: inout Pool, _ provenance: inout Provenance) {
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
        return await cold.fetch(keys, deadline: limit)
    }
}
