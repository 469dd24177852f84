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
        let clock = ContinuousClock(), began = clock.now, decided = provenance.time.decision
        defer { provenance.time.cold += nanoseconds(clock.now - began) - (provenance.time.decision - decided) }
        let missing = pool.missing
        var wanted = Array(missing.indices)
        let asksStore =
            !request.isExact && !request.wantsVectors
            && cold?.prefersQuery(request.coldPath, missing: 1, k: request.k) == true
        if provenance.reason != .exact {
            wanted = decide(&pool, request, asksStore: asksStore, &provenance)
        }
        guard !wanted.isEmpty else { return }
        guard cold?.affords(wanted.count, request, asksStore: asksStore) != false else {
            return leaveOut(wanted, &pool, request, &provenance)
        }
        if let cold, asksStore || cold.prefersQuery(request.coldPath, missing: wanted.count, k: request.k),
            !request.isExact, !request.wantsVectors
        {
            if try await askStore(&pool, request, &provenance) {
                provenance.expectedRecall = nil
                if request.countsAsUse, request.coldPath == .auto {
                    fills?.noteMissing(
                        wanted.map { missing[$0].row }, dollars: cold.costs?.queryPrice(count: request.k) ?? 0)
                }
                return
            }
            // What was taken from the budget was for the answer that did not come.
            guard cold.affordsFetch(of: wanted.count) else { return leaveOut(wanted, &pool, request, &provenance) }
        }
        for start in stride(from: 0, to: wanted.count, by: Self.keysPerRound) {
            let round = wanted[start..<min(start + Self.keysPerRound, wanted.count)].map { missing[$0] }
            try await fetch(round, &pool, request, &provenance)
        }
        if provenance.reason == .degraded {
            provenance.expectedRecall = pool.outlook.map { expectedRecall(pool, request, $0) }
        }
    }

    /// The day's budget does not allow the call that `wanted` takes: they keep their estimates.
    private func leaveOut(
        _ wanted: [Int], _ pool: inout Pool, _ request: QueryRequest, _ provenance: inout Provenance
    ) {
        pool.sheet = nil
        for at in wanted { estimate(pool.missing[at], &pool, &provenance) }
        provenance.reason = .partial
        provenance.expectedRecall = pool.outlook.map { expectedRecall(pool, request, $0) }
    }

    /// Of an answer in which some distances are estimates: what is estimated is among the k nearest by its chance, what
    /// is exact if it lies within the distance in which k are expected.
    private func expectedRecall(_ pool: Pool, _ request: QueryRequest, _ outlook: Outlook) -> Double {
        var chances: [Row: Float] = [:]
        for (place, at) in outlook.order.enumerated() { chances[pool.missing[at].row] = outlook.chances[place] }
        let sum = pool.nearest.sorted().prefix(request.k).reduce(Float(0)) { sum, entry in
            if pool.sources[entry.row] == .index { return sum + (chances[entry.row] ?? 0) }
            return sum + (Outlook.squared(entry.distance, metric) <= outlook.threshold ? 1 : 0)
        }
        return min(1, Double(sum) / Double(request.k))
    }

    /// The missing candidates that the policy wants, by position, the likeliest first.
    private func decide(
        _ pool: inout Pool, _ request: QueryRequest, asksStore: Bool, _ provenance: inout Provenance
    ) -> [Int] {
        let clock = ContinuousClock(), began = clock.now
        defer { provenance.time.decision += nanoseconds(clock.now - began) }
        let missing = pool.missing, reach = pool.sheet?.missingWithinDepth ?? missing.count
        let situation = Situation(
            query: request.prepared, k: request.k, metric: metric, present: pool.nearest.sorted().map(\.distance),
            missing: missing.prefix(reach).map {
                .init(
                    row: $0.row, squaredEstimate: $0.estimate, codeError: tiers.residency.codeError(of: $0.row))
            })
        let decision = request.policy.decide(situation)
        var wanted = decision.fetch
        pool.outlook = decision.outlook
        provenance.isCalibrating = request.policy.ticket?.isCalibrating ?? false
        if pool.sheet != nil {
            pool.sheet?.outlook = decision.outlook
            pool.sheet?.decidedCount = wanted.count
            pool.sheet?.asksStore = asksStore
            if provenance.isAudited, !asksStore, !wanted.isEmpty, let outlook = decision.outlook, let cold {
                // What an audit wants beside rides along as far as the calls have room.
                let room = cold.callCount(wanted.count) * min(cold.store.limits.keysPerFetch, missing.count)
                let order = outlook.order + (reach..<missing.count)
                let riding = order[wanted.count..<min(max(room, wanted.count), missing.count)]
                wanted += riding
                pool.sheet?.riddenKeys = riding.count
                provenance.cold.auditKeyCount += riding.count
            }
        }
        if wanted.count < reach {
            provenance.reason = .shortCircuit
            provenance.expectedRecall = decision.outlook.map { Double(1 - $0.loss(fetching: wanted.count)) }
        }
        return wanted
    }

    /// Has the cold store answer the query itself, and joins that with what was at hand. False when it cannot, or did
    /// not in time.
    func askStore(_ pool: inout Pool, _ request: QueryRequest, _ provenance: inout Provenance) async throws -> Bool {
        guard let cold, !request.asksStoreFirst || cold.affords(0, request, asksStore: true) else { return false }
        let limit = request.deadline.map { SystemClock().now + ($0 - ContinuousClock.now) }
        guard let answer = try await answered(request, cold, limit, &provenance) else {
            // What of it may have reached the store was booked attempt by attempt.
            cold.spending.giveBack(cold.costs?.queryPrice(count: request.k) ?? 0)
            return false
        }
        provenance.reason = .coldQuery
        provenance.cold.requestCount += max(1, (request.k + 99) / 100)
        provenance.cold.dollars += cold.costs?.queryPrice(count: request.k) ?? 0
        provenance.coldCount += answer.count
        let rows = try store.read { reader in try answer.map { try knownRow(of: $0.key, request, reader) } }
        pool.answered = zip(rows, answer).compactMap { row, hit in row.map { ($0, hit.distance) } }
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

    /// Nil where the store cannot answer, or did not.
    private func answered(
        _ request: QueryRequest, _ cold: ColdAccess, _ limit: Duration?, _ provenance: inout Provenance
    ) async throws -> [ColdHit]? {
        do throws(ColdError) {
            return try await storeAnswer(request, cold, deadline: limit)
        } catch {
            provenance.trouble = "\(error)"
            return nil
        }
    }

    /// Nil where the key is not known here, or has metadata here that the filter does not let through: the store's are
    /// others then, and they are what counts.
    private func knownRow(of key: VectorKey, _ request: QueryRequest, _ reader: borrowing StoreReader) throws -> Row? {
        guard let row = try reader.row(of: key), let filter = request.filter else { return try reader.row(of: key) }
        guard let record = try reader.record(of: row) else { return nil }
        return filter.matches(try Metadata(encoded: record.encodedMetadata)) ? row : nil
    }

    /// Nil where the store has no search of its own.
    func storeAnswer(
        _ request: QueryRequest, _ cold: ColdAccess, deadline limit: Duration?
    ) async throws(ColdError) -> [ColdHit]? {
        var query = ColdQuery(values: request.values, count: request.k, filter: request.filter)
        query.wantsMetadata = request.wantsMetadata
        let asked = query
        let one: @Sendable (Duration) async throws(ColdError) -> [ColdHit]? = { timeout throws(ColdError) in
            let left = limit.map { $0 - SystemClock().now } ?? timeout
            guard left > .zero else { throw .deadlineExceeded }
            return try await cold.store.query(asked, timeout: min(timeout, left))
        }
        return try await cold.caller.call(deadline: { limit }, one)
    }

    private func fetch(
        _ candidates: [Candidate], _ pool: inout Pool, _ request: QueryRequest, _ provenance: inout Provenance
    ) async throws {
        // Rows that died since are left out: nothing can bring them back.
        let records = try store.read { reader in try candidates.map { try reader.record(of: $0.row) } }
        let known = zip(candidates, records).compactMap { candidate, record in record.map { (candidate, $0) } }
        let outcome = await ask(known.map(\.1.key), request.deadline)
        book(outcome, candidates.count, known.count, &provenance)
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

    /// Counts what was asked for. Keys of a call that failed are not in it: what of its attempts may have reached the
    /// store was booked then (`BookedColdStore`), and the rest was never asked. One that is not back in time is.
    private func book(
        _ outcome: FetchCoordinator.Outcome, _ wantedCount: Int, _ knownCount: Int, _ provenance: inout Provenance
    ) {
        let failed = outcome.failed.values.filter { error in
            switch error {
            case .deadlineExceeded, .cancelled: false
            default: true
            }
        }
        if let error = failed.first ?? outcome.failed.values.first { provenance.trouble = "\(error)" }
        let askedCount = knownCount - failed.count
        provenance.cold.keyCount += askedCount
        guard let cold else { return }
        let callCount = cold.callCount(askedCount), price = cold.costs?.fetchPrice ?? 0
        provenance.cold.requestCount += callCount
        provenance.cold.dollars += Double(callCount) * price
        cold.spending.giveBack(Double(cold.callCount(wantedCount) - callCount) * price)
    }

    /// A candidate whose vector did not come keeps the index's estimate, if it has one.
    func estimate(_ candidate: Candidate, _ pool: inout Pool, _ provenance: inout Provenance) {
        provenance.reason = .degraded
        guard candidate.estimate.isFinite else { return }
        // A decoded vector lies nearer than the vector itself, on average by the square of the code's error.
        let error = ErrorModel.errors[Int(tiers.residency.codeError(of: candidate.row))]
        pool.sources[candidate.row] = .index
        pool.nearest.insert(Candidate.distance(ofEstimate: candidate.estimate + error, metric), candidate.row)
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
