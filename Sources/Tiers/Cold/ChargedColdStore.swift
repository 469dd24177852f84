internal import Synchronization
public import Vectors

/// A cold store that costs nothing, with the account of one that charges by a price list: what traffic would cost, and
/// how a router decides that goes by prices, can so be tried without the service.
public final class ChargedColdStore: ColdStore, ColdMeter {
    /// Of one hit of a query: a key and a distance.
    private static let hitBytes = 64

    private struct State {
        var bill = ColdBill()
        var size = ColdSize(vectorCount: 0, vectorBytes: 0)
    }

    public let prices: any ColdPrices
    private let base: any ColdStore
    private let state = Mutex(State())

    /// - Parameter base: what answers.
    public init(over base: any ColdStore, _ prices: any ColdPrices) {
        self.base = base
        self.prices = prices
    }

    // MARK: The account

    public var bill: ColdBill { state.withLock { $0.bill } }
    public func setSize(_ size: ColdSize) { state.withLock { $0.size = size } }

    /// Whoever fails may have been charged, too: what was sent counts when it is sent.
    private func charge(_ operation: ColdOperation, keys: Int, _ dollars: Double) {
        state.withLock { state in
            var charge = state.bill.charges[operation] ?? ColdCharge()
            charge.requestCount += 1
            charge.keyCount += keys
            charge.dollars += dollars
            state.bill.charges[operation] = charge
        }
    }

    private func receive(_ operation: ColdOperation, _ byteCount: Int, keys: Int = 0) {
        state.withLock { state in
            state.bill.charges[operation]?.receivedByteCount += byteCount
            state.bill.charges[operation]?.keyCount += keys
        }
    }

    private static func byteCount(_ vectors: [ColdVector]) -> Int {
        vectors.reduce(0) { $0 + 4 * ($1.values?.count ?? 0) + $1.key.text.utf8.count }
    }

    // MARK: Operations

    public var limits: ColdLimits { base.limits }

    public func describe(timeout: Duration) async throws(ColdError) -> ColdDescription {
        try await base.describe(timeout: timeout)
    }

    public func create(_ description: ColdDescription, timeout: Duration) async throws(ColdError) {
        try await base.create(description, timeout: timeout)
    }

    public func erase(timeout: Duration) async throws(ColdError) { try await base.erase(timeout: timeout) }

    public func fetch(
        _ keys: [VectorKey], _ parts: ColdParts, timeout: Duration
    ) async throws(ColdError) -> [ColdVector] {
        charge(.fetch, keys: keys.count, prices.fetch(keyCount: keys.count))
        let found = try await base.fetch(keys, parts, timeout: timeout)
        receive(.fetch, Self.byteCount(found))
        return found
    }

    public func put(_ vectors: [ColdVector], timeout: Duration) async throws(ColdError) {
        charge(.put, keys: vectors.count, prices.put(byteCount: Self.byteCount(vectors)))
        try await base.put(vectors, timeout: timeout)
    }

    public func delete(_ keys: [VectorKey], timeout: Duration) async throws(ColdError) {
        charge(.delete, keys: keys.count, prices.fetch(keyCount: keys.count))
        try await base.delete(keys, timeout: timeout)
    }

    public func list(_ request: ColdListRequest, timeout: Duration) async throws(ColdError) -> ColdPage {
        charge(.list, keys: 0, prices.page(vectorCount: request.limit))
        let page = try await base.list(request, timeout: timeout)
        receive(.list, Self.byteCount(page.vectors), keys: page.vectors.count)
        return page
    }

    public func query(_ query: ColdQuery, timeout: Duration) async throws(ColdError) -> [ColdHit]? {
        let size = state.withLock { $0.size }
        let price = prices.query(size, count: query.count, resultBytes: Self.hitBytes)
        charge(.query, keys: 0, price ?? 0)
        let hits = try await base.query(query, timeout: timeout)
        receive(.query, Self.hitBytes * (hits?.count ?? 0), keys: hits?.count ?? 0)
        return hits
    }
}
