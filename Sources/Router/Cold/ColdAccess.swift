public import Tiers

/// What the router knows of a remote collection's cold store.
public struct ColdAccess: Sendable {
    let fetches: FetchCoordinator
    let store: any ColdStore
    let caller: ColdCaller
    /// Nil where nothing is charged.
    let costs: ColdAccount?
    let spending: Spending

    /// What a router needs to ask a store. `costs` is nil where nothing is charged.
    public init(
        fetches: FetchCoordinator, store: any ColdStore, caller: ColdCaller, costs: ColdAccount?,
        spending: Spending
    ) {
        self.fetches = fetches
        self.store = store
        self.caller = caller
        self.costs = costs
        self.spending = spending
    }

    /// Calls that fetch `count` keys.
    func callCount(_ count: Int) -> Int { store.limits.fetchCallCount(count) }

    /// Whether the store's own answer is the cheaper way to `count` missing vectors of a query for `k`.
    func prefersQuery(_ path: ColdPath, missing count: Int, k: Int) -> Bool {
        switch path {
        case .get: return false
        case .query: return true
        case .auto:
            guard let costs, let price = costs.queryPrice(count: k) else { return false }
            return price < Double(callCount(count)) * costs.fetchPrice
        }
    }

    /// Takes what a query is about to cost from today's budget; false when that is not left.
    /// - Parameter count: missing vectors that are wanted.
    func affords(_ count: Int, _ request: QueryRequest, asksStore: Bool) -> Bool {
        guard let costs else { return true }
        let byQuery =
            !request.isExact && !request.wantsVectors
            && (asksStore || prefersQuery(request.coldPath, missing: count, k: request.k))
        let price = byQuery ? costs.queryPrice(count: request.k) : nil
        return price.map(spending.begin) ?? affordsFetch(of: count)
    }

    /// The same for vectors that are fetched in any case.
    func affordsFetch(of count: Int) -> Bool {
        guard let costs else { return true }
        return spending.begin(Double(callCount(count)) * costs.fetchPrice)
    }
}
