import Router
import Storage
import Synchronization
import Tiers
import Vectors

@testable import MemVec

/// A cold store in memory that collections reach under an address of its own: `memory:NUMBER`.
struct MemoryRemote {
    let memory: MemoryColdStore
    /// What stands before it: counts calls and fails when it is told to.
    let store: SimulatedColdStore
    let address: String

    /// What happens between the store's look at itself and the arrival of its answer.
    let hooks: HookedColdStore

    private static let known = Mutex<[String: ColdConnection]>([:])

    init(
        dimension: Int = 16, metric: Metric = .euclidean, creationTime: Double = 7, costs: FixedCosts = FixedCosts()
    ) {
        memory = MemoryColdStore(
            ColdDescription(dimension: dimension, metric: metric, creationTime: creationTime))
        store = SimulatedColdStore(over: memory)
        hooks = HookedColdStore(base: store)
        let made = hooks
        address = Self.known.withLock { known in
            let address = "memory:\(known.count)"
            known[address] = ColdConnection(store: made, meter: costs, description: address)
            return address
        }
        ColdStores.register(scheme: "memory") { address, _ in
            guard let opened = Self.known.withLock({ $0[address] }) else {
                throw InputError.outOfRange(name: "cold store", value: address, allowed: "one that was made")
            }
            return opened
        }
    }

    /// Keys k0, k1 ... with metadata {"third": number % 3}.
    func fill(_ vectors: [[Float]]) async throws {
        for (i, vector) in vectors.enumerated() { await memory.overwrite(try Self.vector(i, vector)) }
    }

    static func vector(_ number: Int, _ values: [Float], third: Int? = nil) throws -> ColdVector {
        ColdVector(
            key: try VectorKey("k\(number)"), values: values,
            metadata: try Metadata(json: #"{"third":\#(third ?? number % 3)}"#))
    }

    /// A collection in front of it that knows nothing yet and does not train by itself, and its folder.
    func front(
        _ change: (inout CollectionSettings) throws -> Void = { _ in }
    ) async throws -> (near: TemporaryFolder, collection: VectorCollection) {
        let near = TemporaryFolder()
        var settings = try CollectionSettings()
        settings.autoTrain = false
        settings.ramBudget = try Budget("20kB")
        try change(&settings)
        let collection = try await VectorCollection.create(
            at: near.path,
            CollectionConfiguration(
                dimension: memory.description.dimension, metric: memory.description.metric, cold: address,
                settings: settings),
            options: smallMap)
        return (near, collection)
    }

    /// A collection that has attached all of `vectors`, is trained, and fetches whatever is missing.
    func attached(
        _ vectors: [[Float]], warm: String, ram: String = "20kB", path: ColdPath = .auto
    ) async throws -> (near: TemporaryFolder, collection: VectorCollection) {
        try await fill(vectors)
        let (near, collection) = try await front {
            $0.ramBudget = try Budget(ram)
            $0.warmBudget = try Budget(warm)
            $0.coldPath = path
            // Of one call at most, and all of it.
            $0.candidates = 60
            $0.policy = .off
        }
        _ = try await collection.attach()
        try await collection.train()
        return (near, collection)
    }

    /// Calls of one kind so far.
    func calls(_ operation: ColdOperation) -> Int { store.statistics.calls[operation] ?? 0 }
}

/// A store whose answers of one kind can be held up while a test does something.
final class HookedColdStore: ColdStore {
    typealias Hook = @Sendable () async throws -> Void
    let base: SimulatedColdStore
    private let hooks = Mutex<[ColdOperation: [Hook?]]>([:])

    init(base: SimulatedColdStore) { self.base = base }

    /// Runs `hook` before the next answer of this kind but `skipping` is given.
    func afterNext(_ operation: ColdOperation, skipping: Int = 0, _ hook: @escaping Hook) {
        hooks.withLock { $0[operation, default: []] += [Hook?](repeating: nil, count: skipping) + [hook] }
    }

    private func run(_ operation: ColdOperation) async throws(ColdError) {
        let hook = hooks.withLock { hooks -> Hook? in
            guard hooks[operation]?.isEmpty == false else { return nil }
            return hooks[operation]?.removeFirst()
        }
        do { try await hook?() } catch { throw .strangeAnswer(what: "the test failed: \(error)") }
    }

    var limits: ColdLimits { base.limits }

    func describe(timeout: Duration) async throws(ColdError) -> ColdDescription {
        try await base.describe(timeout: timeout)
    }

    func fetch(
        _ keys: [VectorKey], _ parts: ColdParts, timeout: Duration
    ) async throws(ColdError) -> [ColdVector] {
        let answer = try await base.fetch(keys, parts, timeout: timeout)
        try await run(.fetch)
        return answer
    }

    func put(_ vectors: [ColdVector], timeout: Duration) async throws(ColdError) {
        try await base.put(vectors, timeout: timeout)
        try await run(.put)
    }

    func delete(_ keys: [VectorKey], timeout: Duration) async throws(ColdError) {
        try await base.delete(keys, timeout: timeout)
        try await run(.delete)
    }

    func list(_ request: ColdListRequest, timeout: Duration) async throws(ColdError) -> ColdPage {
        let answer = try await base.list(request, timeout: timeout)
        try await run(.list)
        return answer
    }

    func query(_ query: ColdQuery, timeout: Duration) async throws(ColdError) -> [ColdHit]? {
        let answer = try await base.query(query, timeout: timeout)
        try await run(.query)
        return answer
    }
}

/// One dollar a page, a hundredth a fetch.
struct FixedCosts: ColdMeter, ColdPrices {
    var query = 2.0
    var fetch = 0.01
    var bill: ColdBill { ColdBill() }
    var prices: any ColdPrices { self }
    func setSize(_ size: ColdSize) {}

    var date: String { "2026-01-01" }
    func fetch(keyCount: Int) -> Double { fetch }
    func put(byteCount: Int) -> Double { 0.02 }
    func page(vectorCount: Int) -> Double { 1 }
    func query(_ size: ColdSize, count: Int, resultBytes: Int) -> Double? { query }
}
