import Foundation
import MemVec
import Testing
import Workload

/// What lies beside the store may be lost or damaged while the collection is closed.
@Suite("Repairs")
struct RepairTests {
    private static let dimension = 12, rowCount = 1500

    /// A trained collection that was queried and closed, behind another if `isRemote`.
    private func closed(in folder: TemporaryFolder, isRemote: Bool) async throws {
        var settings = try CollectionSettings()
        settings.autoTrain = false
        settings.index = "IVF16,PQ4"
        settings.ramBudget = .bytes(32 << 10)
        settings.warmBudget = .bytes(1 << 20)
        var cold: String?
        if isRemote {
            let far = try await VectorCollection.create(
                at: folder.path + ".far", CollectionConfiguration(dimension: Self.dimension, metric: .euclidean),
                options: smallMap())
            try await far.close()
            cold = "local:" + folder.path + ".far"
        }
        let collection = try await VectorCollection.create(
            at: folder.path,
            CollectionConfiguration(dimension: Self.dimension, metric: .euclidean, cold: cold, settings: settings),
            options: smallMap())
        try await collection.put(
            (0..<Self.rowCount).map { try KeyedVersion(key: $0, version: 0).record(dimension: Self.dimension) })
        try await collection.train()
        for key in 0..<50 { _ = try await nearest(key, collection) }
        try await collection.close()
    }

    private func nearest(_ key: Int, _ collection: VectorCollection) async throws -> String? {
        let vector = KeyedVersion(key: key, version: 0).vector(dimension: Self.dimension)
        return try await collection.query(vector, k: 3).hits.first?.key.text
    }

    private func expectRight(_ collection: VectorCollection, _ what: String) async throws {
        for key in stride(from: 3, to: Self.rowCount, by: 97) {
            #expect(try await nearest(key, collection) == "key-\(key)", "\(what)")
        }
        #expect(try await collection.verify().problems == [], "\(what)")
    }

    @Test("without its warm file, or with a garbled heat file, a collection opens and answers as before")
    func caches() async throws {
        let folder = try TemporaryFolder(), generation = folder.path + "/g1"
        try await closed(in: folder, isRemote: true)
        try FileManager.default.removeItem(atPath: generation + "/warm")
        var collection = try await VectorCollection.open(at: folder.path, options: smallMap())
        #expect(collection.openingNotes == [])
        try await expectRight(collection, "without warm")
        try await collection.close()
        let heat = try Data(contentsOf: URL(fileURLWithPath: generation + "/heat"))
        var random = SplitMix64(seed: Run.seed)
        for damage in 0..<12 {
            var bytes = damage == 0 ? Data() : heat
            if damage > 0 { bytes[random.below(bytes.count)] ^= UInt8(1 + random.below(255)) }
            if damage % 3 == 2 { bytes.removeLast(random.below(bytes.count)) }
            try bytes.write(to: URL(fileURLWithPath: generation + "/heat"))
            collection = try await VectorCollection.open(at: folder.path, options: smallMap())
            #expect(collection.openingNotes == [])
            try await expectRight(collection, "heat damaged, seed \(Run.seed)")
            try await collection.close()
        }
    }

    private func snapshotPath(_ folder: String) throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/g1/index")
        return folder + "/g1/index/" + (try #require(names.first { $0.hasSuffix(".faiss") }))
    }

    @Test("a truncated or garbled snapshot of a local collection is said and made anew while queries scan")
    func localSnapshot() async throws {
        for isTruncated in [true, false] {
            let folder = try TemporaryFolder()
            try await closed(in: folder, isRemote: false)
            let path = try snapshotPath(folder.path)
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            if isTruncated { bytes.removeLast(bytes.count / 2) } else { bytes[bytes.count / 2] ^= 1 }
            try bytes.write(to: URL(fileURLWithPath: path))

            let reader = try await VectorCollection.open(at: folder.path, options: smallMap(readOnly: true))
            #expect(reader.openingNotes.count == 1 && reader.openingNotes[0].contains("memvec rebuild"))
            try await expectRight(reader, "read-only")
            try await reader.close()

            var options = smallMap()
            options.changes = ["auto-train": "on"]
            let collection = try await VectorCollection.open(at: folder.path, options: options)
            #expect(collection.openingNotes.count == 1 && collection.openingNotes[0].contains("that has begun"))
            try await expectRight(collection, "damaged")
            try await collection.settleTraining()
            #expect(try collection.statistics().index?.rowCount == Self.rowCount)
            try await expectRight(collection, "rebuilt")
            try await collection.close()
            let again = try await VectorCollection.open(at: folder.path, options: smallMap())
            #expect(again.openingNotes == [])
            try await again.close()
        }
    }

    @Test("a truncated snapshot of a remote collection says which command mends it, and that command does")
    func remoteSnapshot() async throws {
        let folder = try TemporaryFolder()
        try await closed(in: folder, isRemote: true)
        let path = try snapshotPath(folder.path)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        try bytes.prefix(bytes.count - 7).write(to: URL(fileURLWithPath: path))
        let collection = try await VectorCollection.open(at: folder.path, options: smallMap())
        #expect(collection.openingNotes.count == 1 && collection.openingNotes[0].contains("memvec rebuild"))
        #expect(try collection.statistics().index == nil)
        try await expectRight(collection, "damaged")
        try await collection.train()
        try await expectRight(collection, "rebuilt")
        try await collection.close()
        let again = try await VectorCollection.open(at: folder.path, options: smallMap())
        #expect(again.openingNotes == [])
        try await again.close()
    }
}
