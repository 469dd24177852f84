import Foundation
import MemVec
import Testing

final class TemporaryFolder: Sendable {
    let path = FileManager.default.temporaryDirectory.path + "/memvec-" + UUID().uuidString
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

let smallMap: OpenOptions = {
    var options = OpenOptions()
    options.mapBytes = 1 << 30
    return options
}()

func clustered(_ count: Int, _ d: Int, seed: UInt64) -> [[Float]] {
    var state = seed
    func unit() -> Float {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Float((z ^ (z >> 31)) >> 40) / Float(1 << 24)
    }
    let centres = (0..<20).map { _ in (0..<d).map { _ in unit() * 10 - 5 } }
    return (0..<count).map { i in centres[i % 20].map { $0 + unit() } }
}

@Test(
    "what was put is answered nearest first, before and after training, overwrites and a reopen",
    arguments: Metric.allCases)
func roundTrip(metric: Metric) async throws {
    let folder = TemporaryFolder(), d = 16, vectors = clustered(3000, 16, seed: 4)
    var settings = try CollectionSettings()
    settings.autoTrain = false
    var collection = try await VectorCollection.create(
        at: folder.path, CollectionConfiguration(dimension: d, metric: metric, settings: settings), options: smallMap)
    for start in stride(from: 0, to: 3000, by: 500) {
        try await collection.put(
            try (start..<start + 500).map { i in
                try VectorRecord(
                    key: "k\(i)", values: vectors[i], metadata: Metadata(json: #"{"n":\#(i),"even":\#(i % 2 == 0)}"#))
            })
    }
    var exact = QueryOptions()
    exact.isExact = true
    let truth = try await collection.query(vectors[7], k: 10, options: exact)
    #expect(truth.hits.first?.key.text == "k7" && truth.hits.count == 10)
    #expect(truth.provenance.reason == .exact && truth.provenance.candidateCount == 3000)

    let report = try await collection.train()
    #expect(report.rowCount == 3000)
    let trained = try await collection.query(vectors[7], k: 10)
    #expect(trained.hits == truth.hits)
    let proposed: [IndexCandidate] = try collection.candidates(for: vectors[7], count: 200, nprobe: 1000)
    #expect(Set(proposed.map(\.row)).isSuperset(of: truth.hits.map(\.row)))
    #expect(throws: InputError.self) { try collection.candidates(for: vectors[7], count: 0, nprobe: 1) }

    let filter = try Filter(json: #"{"$and":[{"even":true},{"n":{"$lt":100}}]}"#)
    let filtered = try await collection.query(vectors[7], k: 100, filter: filter)
    #expect(filtered.hits.count == 50)
    #expect(try await collection.count(matching: filter) == 50)

    // Overwritten far away: the old vector is never found again.
    try await collection.put([try VectorRecord(key: "k7", values: vectors[7].map { -$0 })])
    let after = try await collection.query(vectors[7], k: 10)
    #expect(!after.hits.contains { $0.key.text == "k7" })
    #expect(try await collection.query(vectors[7].map { -$0 }, k: 1).hits.first?.key.text == "k7")
    #expect(try await collection.delete(keys: ["k7", "k8", "absent"]) == 2)
    try await collection.close()

    collection = try await VectorCollection.open(at: folder.path, options: smallMap)
    #expect(try await collection.count() == 2998 && collection.openingNotes.isEmpty)
    let reopened = try await collection.query(vectors[9], k: 10)
    #expect(reopened.hits.first?.key.text == "k9" && reopened.provenance.nprobe > 0)
    #expect(try await collection.get(["k9", "k7"]).map { $0?.values } == [vectors[9], nil])
    try await collection.close()
}

@Test("wrong input is refused by name and changes nothing")
func wrongInput() async throws {
    let folder = TemporaryFolder()
    let collection = try await VectorCollection.create(
        at: folder.path, CollectionConfiguration(dimension: 2, metric: .cosine), options: smallMap)
    func refused(_ values: [Float], _ error: InputError) async throws {
        let good = try VectorRecord(key: "good", values: [1, 2])
        await #expect(throws: error) { try await collection.put([good, try VectorRecord(key: "bad", values: values)]) }
    }
    try await refused([1], .wrongDimension(key: "bad", valueCount: 1, dimension: 2))
    try await refused([1, .nan], .notFinite(key: "bad", position: 1, value: "NaN"))
    try await refused([-.infinity, 1], .notFinite(key: "bad", position: 0, value: "-inf"))
    try await refused([0, 0], .zeroNorm(key: "bad"))
    #expect(throws: InputError.emptyKey) { try VectorRecord(key: "", values: [1, 2]) }
    #expect(throws: InputError.keyTooLong(byteCount: 1025)) {
        try VectorRecord(key: String(repeating: "x", count: 1025), values: [1, 2])
    }
    #expect(try await collection.count() == 0)
    await #expect(throws: StorageFailure.locked) {
        do { _ = try await VectorCollection.open(at: folder.path) } catch { throw StorageFailure(error) }
    }
    var reading = smallMap
    reading.isReadOnly = true
    let reader = try await VectorCollection.open(at: folder.path, options: reading)
    await #expect(throws: MemVecError.self) { try await reader.put([try VectorRecord(key: "a", values: [1, 2])]) }
}

/// The kinds of storage errors that tests tell apart by their text.
enum StorageFailure: Error {
    case locked, other
    init(_ error: any Error) { self = "\(error)".contains("open for writing") ? .locked : .other }
}

@Test("compaction drops dead rows and keeps every answer, with the same codes under new row numbers")
func compaction() async throws {
    let folder = TemporaryFolder(), vectors = clustered(1500, 16, seed: 21)
    var collection = try await VectorCollection.create(
        at: folder.path, CollectionConfiguration(dimension: 16, metric: .euclidean), options: smallMap)
    let records = try vectors.enumerated().map { i, vector in
        try VectorRecord(key: "k\(i)", values: vector, metadata: Metadata(json: #"{"n":\#(i)}"#))
    }
    try await collection.put(records)
    try await collection.train()
    try await collection.put(Array(records[..<700]))
    try await collection.delete(keys: (0..<100).map { "k\($0)" })
    var options = QueryOptions()
    options.nprobe = 1000
    options.wantsMetadata = true
    func answers() async throws -> [[String]] {
        var out: [[String]] = []
        for query in clustered(10, 16, seed: 5) {
            let answer = try await collection.query(query, k: 20, options: options)
            out.append(answer.hits.map { "\($0.key) \($0.distance) \($0.metadata?.json ?? "")" })
        }
        return out
    }
    let before = try await answers()
    try await collection.close()
    let report: CompactionReport = try await VectorCollection.compact(at: folder.path, mapBytes: 1 << 30)
    #expect(report.liveCount == 1400 && report.deadCount == 800)
    collection = try await VectorCollection.open(at: folder.path, options: smallMap)
    #expect(try await answers() == before)
    #expect(try await collection.verify().problems == [])
    let statistics = try collection.statistics()
    #expect(statistics.deadCount == 0 && statistics.index?.rowCount == 1400)
    try await collection.close()
}
