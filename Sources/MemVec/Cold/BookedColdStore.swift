internal import Router
internal import Tiers
internal import Vectors

/// A cold store whose attempts that failed are booked. What succeeds is booked by whoever asked, who knows what for.
///
/// Whether S3 Vectors charges for a request that it refuses or that ends without an answer is not known, so all that
/// may have reached it counts. Fetches and queries count as online, though some are made to train or to compare.
struct BookedColdStore: ColdStore {
    let base: any ColdStore
    let costs: ColdAccount
    let spending: Spending

    var limits: ColdLimits { base.limits }

    func describe(timeout: Duration) async throws(ColdError) -> ColdDescription {
        try await base.describe(timeout: timeout)
    }

    func create(_ description: ColdDescription, timeout: Duration) async throws(ColdError) {
        try await base.create(description, timeout: timeout)
    }

    func erase(timeout: Duration) async throws(ColdError) { try await base.erase(timeout: timeout) }

    func put(_ vectors: [ColdVector], timeout: Duration) async throws(ColdError) {
        try await base.put(vectors, timeout: timeout)
    }

    func delete(_ keys: [VectorKey], timeout: Duration) async throws(ColdError) {
        try await base.delete(keys, timeout: timeout)
    }

    func fetch(
        _ keys: [VectorKey], _ parts: ColdParts, timeout: Duration
    ) async throws(ColdError) -> [ColdVector] {
        do throws(ColdError) {
            return try await base.fetch(keys, parts, timeout: timeout)
        } catch {
            if error.mayHaveArrived { spending.noteFailedAttempt(costs.fetchPrice) }
            throw error
        }
    }

    func list(_ request: ColdListRequest, timeout: Duration) async throws(ColdError) -> ColdPage {
        do throws(ColdError) {
            return try await base.list(request, timeout: timeout)
        } catch {
            if error.mayHaveArrived { spending.noteBulk(costs.pagePrice) }
            throw error
        }
    }

    func query(_ query: ColdQuery, timeout: Duration) async throws(ColdError) -> [ColdHit]? {
        do throws(ColdError) {
            return try await base.query(query, timeout: timeout)
        } catch {
            if error.mayHaveArrived { spending.noteFailedAttempt(costs.queryPrice(count: query.count) ?? 0) }
            throw error
        }
    }
}

extension ColdError {
    /// Whether the store may have got the request.
    fileprivate var mayHaveArrived: Bool {
        switch self {
        case .unreachable, .circuitOpen, .overloaded: false
        case .throttled, .unavailable, .timedOut, .connectionLost, .refused, .strangeAnswer, .deadlineExceeded,
            .cancelled:
            true
        }
    }
}
