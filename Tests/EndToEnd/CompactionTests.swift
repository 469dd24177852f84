import Foundation
import MemVec
import Synchronization
import Testing
import Workload

@Suite("Compaction beside writers")
struct CompactionTests {
    private static let dimension = 12

    @Test("a collection that is compacted while it is written and read loses nothing, and readers go over with it")
    func besideWriters() async throws {
        let folder = try TemporaryFolder(), seed = Run.seed
        var settings = try CollectionSettings()
        settings.autoTrain = false
        settings.index = "IVF16,PQ4"
        settings.ramBudget = .bytes(32 << 10)
        let collection = try await VectorCollection.create(
            at: folder.path,
            CollectionConfiguration(dimension: Self.dimension, metric: .euclidean, settings: settings),
            options: smallMap())
        try await collection.put(
            (0..<1500).map { try KeyedVersion(key: $0, version: 0).record(dimension: Self.dimension) })
        try await collection.train()
        try await collection.pin(keys: ["key-3", "key-4"])
        let reader = try await VectorCollection.open(at: folder.path, options: smallMap(readOnly: true))
        #expect(try await reader.count() == 1500)

        let shared = Shared()
        shared.model.withLock { $0.apply(.put((0..<1500).map { KeyedVersion(key: $0, version: 0) })) }
        var compactions = 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<2 {
                group.addTask {
                    var count = 0
                    var stream = KeyedOperations(
                        seed: seed, writer: writer, writerCount: 2, keyCount: 1500, largestBatch: 30, firstVersion: 1)
                    while !shared.isDone.load(ordering: .relaxed) || count < 50 {
                        let operation = stream.next()
                        try await Self.apply(operation, to: collection)
                        shared.model.withLock { $0.apply(operation) }
                        count += 1
                    }
                }
            }
            group.addTask {
                while !shared.isDone.load(ordering: .relaxed) {
                    let vector = KeyedVersion(key: 7, version: 0).vector(dimension: Self.dimension)
                    let hits = try await collection.query(vector, k: 20).hits
                    #expect(Set(hits.map(\.key)).count == 20)
                    _ = try await reader.query(vector, k: 5)
                }
            }
            for _ in 0..<Run.steps(5, full: 40) {
                let report = try await collection.compact()
                #expect(report.liveCount > 0)
                compactions += 1
            }
            shared.isDone.store(true, ordering: .relaxed)
            try await group.waitForAll()
        }
        let end = shared.model.withLock { $0 }, what = Comment("seed \(seed), \(compactions) compactions")
        for opened in [collection, reader] { try await expect(opened, end, what) }
        #expect(try Set(collection.pinnedKeys()) == ["key-3", "key-4"])
        #expect(try collection.statistics().index?.training == 1)
        try await collection.close()
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("g") }
        #expect(left == ["g\(1 + compactions)"])
        let again = try await VectorCollection.open(at: folder.path, options: smallMap())
        try await expect(again, end, what)
        try await again.close()
    }

    @Test("a compaction that the collection is closed under changes nothing, and one at a time runs")
    func closedUnder() async throws {
        let folder = try TemporaryFolder()
        let collection = try await VectorCollection.create(
            at: folder.path, CollectionConfiguration(dimension: Self.dimension), options: smallMap())
        try await collection.put(
            (0..<2000).map { try KeyedVersion(key: $0, version: 0).record(dimension: Self.dimension) })
        let compacting = Task { try await collection.compact() }
        let second = Task { try await collection.compact() }
        _ = try? await second.value
        try await collection.close()
        _ = try? await compacting.value
        let again = try await VectorCollection.open(at: folder.path, options: smallMap())
        #expect(try await again.count() == 2000)
        #expect(try await again.verify().problems == [])
        try await again.close()
        await #expect(throws: MemVecError.self) { try await again.compact() }
    }

    private final class Shared: Sendable {
        let model = Mutex(KeyedModel())
        let isDone = Atomic(false)
    }

    private static func apply(_ operation: KeyedOperation, to collection: VectorCollection) async throws {
        switch operation {
        case .put(let items): try await collection.put(items.map { try $0.record(dimension: dimension) })
        case .delete(let keys):
            try await collection.delete(keys: keys.map { KeyedVersion(key: $0, version: 0).name })
        case .metadata(let item):
            guard try await collection.get([item.name])[0] != nil else { return }
            try await collection.setMetadata(Metadata(json: item.metadata), ofKey: item.name)
        case .train, .reopen, .compact: break
        }
    }

    private func expect(_ collection: VectorCollection, _ model: KeyedModel, _ what: Comment) async throws {
        let found = try await collection.everything()
        #expect(Set(found.keys) == Set(model.entries.keys), what)
        for (key, entry) in model.entries {
            let vector = KeyedVersion(key: key, version: entry.vector).vector(dimension: Self.dimension)
            let metadata = try Metadata(json: KeyedVersion(key: key, version: entry.metadata).metadata)
            #expect(found[key]?.values == vector && found[key]?.metadata == metadata, "\(what): key \(key)")
        }
        #expect(try await collection.verify().problems == [], what)
    }
}
