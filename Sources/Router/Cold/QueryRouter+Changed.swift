internal import Index
internal import Tiers
internal import Vectors

extension QueryRouter {
    /// Answers with what the store has under keys that others have written there, or a write of ours whose answer was
    /// lost: the row's own vector is nowhere any more. They are read once more, for the metadata that belong to it.
    func takeChanged(
        _ changed: [VectorKey: Candidate], _ pool: inout Pool, _ request: QueryRequest, _ provenance: inout Provenance
    ) async throws {
        var left = changed, isOverBudget = false
        if let cold, !request.wantsVectors {
            let keys = Array(changed.keys), limit = cold.store.limits.keysPerFetch
            for start in stride(from: 0, to: keys.count, by: limit) {
                let part = Array(keys[start..<min(start + limit, keys.count)])
                guard cold.affordsFetch(of: part.count) else {
                    isOverBudget = true
                    break
                }
                provenance.cold.requestCount += 1
                provenance.cold.dollars += cold.costs?.fetchPrice ?? 0
                guard let vectors = try? await Self.read(part, cold, request.deadline) else { continue }
                // What is not there any more is in no answer.
                for key in part { left[key] = nil }
                pool.strangers += vectors.compactMap { stranger($0, request) }
            }
        }
        for candidate in left.values { estimate(candidate, &pool, &provenance) }
        if isOverBudget { provenance.reason = .partial }
    }

    /// One call.
    private static func read(
        _ keys: [VectorKey], _ cold: ColdAccess, _ deadline: ContinuousClock.Instant?
    ) async throws(ColdError) -> [ColdVector] {
        let limit = deadline.map { SystemClock().now + ($0 - ContinuousClock.now) }
        let attempt: @Sendable (Duration) async throws(ColdError) -> [ColdVector] = { timeout throws(ColdError) in
            let left = limit.map { $0 - SystemClock().now } ?? timeout
            guard left > .zero else { throw .deadlineExceeded }
            return try await cold.store.fetch(keys, [.values, .metadata], timeout: min(timeout, left))
        }
        return try await cold.caller.call(deadline: { limit }, attempt)
    }

    /// Nil where the filter lets it not through.
    private func stranger(_ vector: ColdVector, _ request: QueryRequest) -> ColdHit? {
        let metadata = vector.metadata ?? Metadata()
        guard let values = vector.values, values.count == request.values.count,
            request.filter?.matches(metadata) ?? true
        else { return nil }
        return ColdHit(key: vector.key, distance: tiers.distance(request.values, values.span), metadata: metadata)
    }
}
