internal import Router
internal import Storage
internal import Synchronization
internal import Tiers
internal import Vectors

/// A remote collection's way to its cold store: the store, what retries, what coalesces, what keeps a key's writes in
/// order.
final class ColdSide: Sendable {
    let store: any ColdStore
    let caller: ColdCaller
    let fetches: FetchCoordinator
    let turns = KeyTurns()
    /// Nil where nothing is charged.
    let costs: ColdAccount?
    let spending = Spending()
    /// The collection behind a `local:` address, to be closed with this one.
    let behind: VectorCollection?
    /// Who is told of vectors that came when nobody waited for them any more: the engine, once there is one.
    let late = LateVectors()

    /// Passes on vectors that came late.
    final class LateVectors: Sendable {
        private let taker = Mutex<(@Sendable ([ColdVector]) -> Void)?>(nil)

        func begin(_ take: @escaping @Sendable ([ColdVector]) -> Void) { taker.withLock { $0 = take } }
        func note(_ vectors: [ColdVector]) { taker.withLock { $0 }?(vectors) }
    }

    init(store: any ColdStore, costs: ColdAccount? = nil, behind: VectorCollection? = nil) {
        let store: any ColdStore =
            if let costs { BookedColdStore(base: store, costs: costs, spending: spending) } else { store }
        self.store = store
        self.costs = costs
        self.behind = behind
        caller = ColdCaller()
        fetches = FetchCoordinator(store: store, caller: caller, late: { [late] in late.note($0) })
    }

    /// Opens what `address` names.
    ///
    /// - Throws: ``InputError/outOfRange(name:value:allowed:)`` for an address that is not understood, or what opening
    ///   it throws.
    static func open(
        _ address: String, _ settings: CollectionSettings, _ options: OpenOptions
    ) async throws -> ColdSide {
        let scheme = "local:"
        guard address.hasPrefix(scheme), address.count > scheme.count else {
            var beside = ColdStores.Options()
            beside.endpoint = settings.endpoint
            beside.region = settings.region
            beside.profile = settings.profile
            let opened = try ColdStores.open(address, beside)
            return ColdSide(store: opened.store, costs: opened.meter.map(ColdAccount.init))
        }
        var inner = OpenOptions()
        inner.isReadOnly = options.isReadOnly || options.readsLocalOnly
        inner.mapBytes = options.mapBytes
        let behind = try await VectorCollection.open(at: String(address.dropFirst(scheme.count)), options: inner)
        let base = CollectionColdStore(collection: behind)
        var store: any ColdStore = base
        if let latency = settings.simulatedLatencySeconds {
            var simulation = SimulatedColdStore.Settings()
            simulation.latency = .seconds(latency)
            simulation.jitter = 0.2
            store = SimulatedColdStore(over: base, simulation)
        }
        guard let prices = options.localPrices else { return ColdSide(store: store, behind: behind) }
        let charged = ChargedColdStore(over: store, prices)
        return ColdSide(store: charged, costs: ColdAccount(charged), behind: behind)
    }

    func description() async throws -> ColdDescription {
        let store = store
        return try await asked { timeout throws(ColdError) in try await store.describe(timeout: timeout) }
    }

    /// Whether a collection of this form can stand in front of `address`. Where nothing is, an index of this form is
    /// made.
    static func check(
        _ address: String, _ configuration: CollectionConfiguration, _ options: OpenOptions
    ) async throws {
        var reading = options
        reading.isReadOnly = true
        let side = try await open(address, configuration.settings, reading)
        let wanted = ColdDescription(
            dimension: configuration.dimension, metric: configuration.metric,
            nonFilterableKeys: configuration.nonFilterableKeys)
        let there: ColdDescription
        do {
            there = try await side.store.describeOrCreate(wanted, timeout: .seconds(10)).description
        } catch {
            throw MemVecError.cold("\(error)")
        }
        try await side.behind?.close()
        guard there.dimension == configuration.dimension else {
            throw MemVecError.fixedSetting(
                name: "dimension of \(address)", value: "\(there.dimension)", asked: "\(configuration.dimension)")
        }
        guard there.metric == configuration.metric else {
            throw MemVecError.fixedSetting(
                name: "metric of \(address)", value: there.metric.rawValue, asked: configuration.metric.rawValue)
        }
    }

    /// Books the calls that brought `count` vectors for a reading by key, which is no query.
    func noteReading(of count: Int) {
        guard let costs, count > 0 else { return }
        spending.noteBulk(Double(store.limits.fetchCallCount(count)) * costs.fetchPrice)
    }

    func put(_ vectors: [ColdVector]) async throws(ColdError) {
        let store = store
        try await caller.call(isWrite: true) { timeout throws(ColdError) in
            try await store.put(vectors, timeout: timeout)
        }
    }

    func delete(_ keys: [VectorKey]) async throws(ColdError) {
        let store = store
        try await caller.call(isWrite: true) { timeout throws(ColdError) in
            try await store.delete(keys, timeout: timeout)
        }
    }

    /// A page of one part of a listing.
    func page(
        _ parts: ColdParts = [.values, .metadata], after token: String?, of part: ColdListRequest.Segment,
        limit: Int = .max
    ) async throws -> ColdPage {
        let store = store
        var request = ColdListRequest(parts, limit: min(limit, store.limits.vectorsPerPage), token: token)
        if part.count > 1 { request.segment = part }
        let wanted = request
        return try await asked { timeout throws(ColdError) in try await store.list(wanted, timeout: timeout) }
    }

    /// Vectors with their metadata as they are now, past all that is on its way. One call.
    func fetch(_ keys: [VectorKey], _ parts: ColdParts = [.values, .metadata]) async throws -> [ColdVector] {
        let store = store
        return try await asked { timeout throws(ColdError) in
            try await store.fetch(keys, parts, timeout: timeout)
        }
    }

    /// - Throws: ``MemVecError/cold(_:)``.
    private func asked<R: Sendable>(_ body: @Sendable (Duration) async throws(ColdError) -> R) async throws -> R {
        do { return try await caller.call(body) } catch { throw MemVecError.cold("\(error)") }
    }
}

/// Lets one write at a time be under way for a key, in the order in which they came.
actor KeyTurns {
    private var busy: Set<VectorKey> = []
    private var waiting: [(keys: [VectorKey], continuation: CheckedContinuation<Void, Never>)] = []

    /// Waits until none of `keys` is in use by an earlier caller, and takes them.
    func take(_ keys: [VectorKey]) async {
        // A later caller with a free key of its own does not pass an earlier one that waits for that key, too.
        let isFree = busy.isDisjoint(with: keys) && waiting.allSatisfy { Set($0.keys).isDisjoint(with: keys) }
        if isFree {
            busy.formUnion(keys)
            return
        }
        await withCheckedContinuation { waiting.append((keys, $0)) }
    }

    func give(_ keys: [VectorKey]) {
        busy.subtract(keys)
        var claimed: Set<VectorKey> = []
        var still: [(keys: [VectorKey], continuation: CheckedContinuation<Void, Never>)] = []
        for item in waiting {
            if busy.isDisjoint(with: item.keys), claimed.isDisjoint(with: item.keys) {
                busy.formUnion(item.keys)
                item.continuation.resume()
            } else {
                claimed.formUnion(item.keys)
                still.append(item)
            }
        }
        waiting = still
    }
}
