import Foundation
import Index
import Router
import Storage
import Synchronization
import Testing
import Tiers
import Vectors

@testable import MemVec

@Suite("Parts that a program brings along")
struct ExtensionTests {
    private let folder = TemporaryFolder()

    @Test("an eviction policy is used by its name; where nobody registers it the folder opens with the default")
    func policy() async throws {
        let madeCount = Mutex(0)
        EvictionPolicies.register("lru-of-a-test") { capacity in
            madeCount.withLock { $0 += 1 }
            return LRU(capacity: capacity)
        }
        var settings = try CollectionSettings()
        try settings.set("eviction", to: "lru-of-a-test")
        try settings.set("ram-budget", to: "64KiB")
        #expect(throws: InputError.self) { try settings.set("eviction", to: "nobodys") }
        let made = try await VectorCollection.create(
            at: folder.path, CollectionConfiguration(dimension: 4, settings: settings))
        #expect(madeCount.withLock { $0 } == 1)
        try await made.close()
        #expect(try CollectionSettings(saved: settings.saved) == settings)
        let path = folder.path + "/memvec.json"
        let text = String(decoding: try Files.read(path) ?? [], as: UTF8.self)
        try Files.writeAtomically(Array(text.replacing("lru-of-a-test", with: "nobodys").utf8), to: path)
        let opened = try await VectorCollection.open(at: folder.path)
        #expect(opened.settings.eviction == "nobodys")
        #expect(madeCount.withLock { $0 } == 1)
        try await opened.close()
    }

    /// Fetches the likeliest few of what is missing.
    private struct Likeliest: ShortCircuitPolicy {
        let limit: Int
        var name: String { "likeliest-of-a-test:\(limit)" }
        func decide(_ situation: Situation) -> Decision {
            Decision(fetch: Array(situation.missing.indices.prefix(limit)))
        }
    }

    @Test("a routing policy decides what is fetched; where nobody registers it the folder opens, and all is fetched")
    func routing() async throws {
        ShortCircuitPolicies.register("likeliest-of-a-test") { argument, _ in
            Int(argument).map { Likeliest(limit: $0) }
        }
        #expect(throws: InputError.self) { try PolicyName("likeliest-of-a-test:x").policy(for: .cosine) }
        #expect(throws: InputError.self) { try PolicyName("nobodys:3") }
        #expect(throws: InputError.self) { try PolicyName(remembered: "threshold:x") }
        var settings = try CollectionSettings()
        try settings.set("policy", to: "likeliest-of-a-test:3")
        try settings.set("cold-path", to: "get")
        #expect(try CollectionSettings(saved: settings.saved) == settings)
        let far = try await VectorCollection.create(
            at: folder.path + "/far", CollectionConfiguration(dimension: 8, metric: .euclidean), options: smallMap)
        try await far.close()
        let path = folder.path + "/near"
        var near = try await VectorCollection.create(
            at: path,
            CollectionConfiguration(
                dimension: 8, metric: .euclidean, cold: "local:" + folder.path + "/far", settings: settings),
            options: smallMap)
        let vectors = clustered(2000, 8, seed: 5)
        try await near.put(vectors.enumerated().map { try VectorRecord(key: "k\($0)", values: $1) })
        try await near.train()
        try await near.close()
        for (name, isKnown) in [("likeliest-of-a-test", true), ("nobodys", false)] {
            for cache in ["warm", "heat"] { try FileManager.default.removeItem(atPath: path + "/g1/" + cache) }
            let file = path + "/memvec.json"
            let text = String(decoding: try Files.read(file) ?? [], as: UTF8.self)
            try Files.writeAtomically(Array(text.replacing("likeliest-of-a-test", with: name).utf8), to: file)
            near = try await VectorCollection.open(at: path, options: smallMap)
            #expect(near.settings.policy.description == name + ":3")
            #expect(near.openingNotes.contains { $0.contains("nobodys:3") } == !isKnown)
            let from = try await near.query(vectors[7], k: 5).provenance
            #expect(from.reason == (isKnown ? .shortCircuit : .complete))
            #expect(isKnown ? from.cold.keyCount == 3 : from.cold.keyCount > 3)
            try await near.close()
        }
    }

    /// A flat index under another name, whose snapshots are codes.
    private final class Named: CandidateIndex {
        let base: FlatIndex
        private let dimension: Int
        private let added: Mutex<(rows: [Row], codes: RowCodes)>

        init(_ dimension: Int, _ training: UInt32) {
            self.dimension = dimension
            base = FlatIndex(dimension: dimension, training: training)
            added = Mutex(([], RowCodes(training: training, codeBytes: 32)))
        }

        var factory: String { "named-of-a-test" }
        var training: UInt32 { base.training }
        var listCount: Int { base.listCount }
        var rowCount: Int { base.rowCount }
        var byteCount: Int { base.byteCount }

        func encode(_ prepared: [Float], threadCount: Int) throws(IndexError) -> RowCodes {
            try base.encode(prepared, threadCount: threadCount)
        }
        func add(_ rows: [Row], _ codes: RowCodes) throws(IndexError) {
            try base.add(rows, codes)
            added.withLock { added in
                added.rows += rows
                added.codes.lists += codes.lists
                added.codes.errors += codes.errors
                added.codes.codes += codes.codes
            }
        }
        func candidates(
            for prepared: [Float], count: Int, nprobe: Int, among: RowSet?, live: LiveRows
        ) throws(IndexError) -> [Candidate] {
            try base.candidates(for: prepared, count: count, nprobe: nprobe, among: among, live: live)
        }
        func forEachRow(_ body: (Row, UInt8) -> Void) { base.forEachRow(body) }
        func sweep(_ live: LiveRows, below bound: Row) throws(IndexError) -> Int { try base.sweep(live, below: bound) }
        func renumbered(_ newRow: (Row) -> Row?) throws(IndexError) -> any CandidateIndex {
            try base.renumbered(newRow)
        }
        func write(to path: String, live: LiveRows) throws(IndexError) -> SnapshotInfo {
            let (rows, codes) = added.withLock { $0 }
            return try CodeSnapshot.write(to: path, name: factory, dimension: dimension, rows: rows, codes: codes)
        }
    }

    @Test("an index is trained, searched, and made again from its snapshot and the journal")
    func index() async throws {
        CandidateIndexes.register("named-of-a-test") { (dimension: Int, training: UInt32) throws(IndexError) in
            Named(dimension, training)
        }
        var settings = try CollectionSettings()
        try settings.set("index", to: "named-of-a-test")
        try settings.set("auto-train", to: "off")
        var collection = try await VectorCollection.create(
            at: folder.path, CollectionConfiguration(dimension: 4, metric: .euclidean, settings: settings))
        try await collection.put((0..<300).map { try VectorRecord(key: "k\($0)", values: [Float($0), 1, 2, 3]) })
        let report = try await collection.train()
        #expect(report.factory == "named-of-a-test" && report.sampleCount == 0)
        #expect(try collection.engine().index?.index is Named)
        #expect(try await collection.query([42, 1, 2, 3], k: 1).hits.first?.key.text == "k42")
        try await collection.close()
        collection = try await VectorCollection.open(at: folder.path)
        #expect(collection.openingNotes == [])
        #expect(try collection.engine().index?.index is Named)
        #expect(try await collection.query([43, 1, 2, 3], k: 1).hits.first?.key.text == "k43")
        try await collection.close()
    }
}
