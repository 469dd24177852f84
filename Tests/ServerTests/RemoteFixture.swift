import Foundation
import Storage
import Synchronization
import Testing
import Tiers

@testable import MemVec
@testable import Server
@testable import Vectors

/// A service whose index `demo/items` was attached to a remote in memory that holds `k0` to `k49` at [0, 1] to [49, 1].
struct RemoteFixture: Sendable {
    static let count = 50
    private static let number = Atomic<Int>(0)

    let served: ServiceFixture
    let memory: MemoryColdStore
    let store: SimulatedColdStore
    /// By which the remote's latency passes; it has none until a test sets one.
    let clock = VirtualClock()

    /// - Parameter keepsVectors: false forgets what the attach brought into the tiers.
    init(
        opensAtMost openLimit: Int = 64, isMirror: Bool = false, coldPath: ColdPath = .auto, keepsVectors: Bool = true,
        _ change: (inout ServiceSettings) -> Void = { _ in }
    ) async throws {
        let memory = MemoryColdStore(ColdDescription(dimension: 2, metric: .euclidean))
        for i in 0..<Self.count {
            let metadata = try Metadata(json: "{\"n\":\(i)}")
            await memory.overwrite(ColdVector(key: try VectorKey("k\(i)"), values: [Float(i), 1], metadata: metadata))
        }
        let store = SimulatedColdStore(over: memory, clock: clock)
        self.memory = memory
        self.store = store
        let scheme = "served\(Self.number.wrappingAdd(1, ordering: .relaxed).newValue)"
        ColdStores.register(scheme: scheme) { address, _ in
            ColdConnection(store: store, meter: nil, description: address)
        }
        served = try ServiceFixture(openLimit: openLimit, change)
        try await served.call("CreateVectorBucket", #"{"vectorBucketName":"demo"}"#).expectFine()
        var settings = try CollectionSettings()
        settings.isMirror = isMirror
        settings.coldPath = coldPath
        var options = OpenOptions()
        options.mapBytes = 1 << 30
        let collection = try await VectorCollection.create(
            at: served.folder + "/demo/items",
            CollectionConfiguration(dimension: 2, metric: .euclidean, cold: "\(scheme):x", settings: settings),
            options: options)
        _ = try await collection.attach()
        try await collection.close()
        guard !keepsVectors else { return }
        for name in ["warm", "heat"] { try Files.remove("\(served.folder)/demo/items/g1/\(name)") }
    }

    /// What others do there.
    func overwrite(_ key: String, _ values: [Float], _ metadata: String = "{}") async throws {
        await memory.overwrite(
            ColdVector(key: try VectorKey(key), values: values, metadata: try Metadata(json: metadata)))
    }

    func remove(_ key: String) async throws { await memory.remove(try VectorKey(key)) }

    func delete() async -> Answer {
        await served.call("DeleteIndex", #"{"vectorBucketName":"demo","indexName":"items"}"#)
    }

    /// Calls of one kind that the remote got so far.
    func calls(_ operation: ColdOperation) -> Int { store.statistics.calls[operation] ?? 0 }

    /// Returns when what queries and reads came upon has been looked after.
    func settle() async throws {
        try await served.service.catalog.withIndex(IndexName(bucket: "demo", index: "items")) {
            try await $0.collection.engine().foreign.settle()
        }
    }
}
