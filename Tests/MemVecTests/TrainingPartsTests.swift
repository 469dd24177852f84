import Index
import Storage
import Testing
import Tiers
import Vectors

@testable import MemVec

private func batch(_ keys: [String], _ values: [[Float]]) throws -> Batch {
    let puts = try zip(keys, values).map { key, values in
        StoreWriter.Put(
            key: try VectorKey(key), values: values, fingerprint: Fingerprint(of: values), encodedMetadata: [],
            postings: [])
    }
    return Batch(puts: puts, codes: nil, byteCount: 0)
}

@Test("late vectors are kept only between begin and end")
func lateVectors() throws {
    let late = LateVectors()
    late.add([Row(1)], try batch(["a"], [[1, 2]]))
    #expect(late.vector(of: Row(1)) == nil)
    late.begin()
    late.add([Row(2)], try batch(["b"], [[3, 4]]))
    #expect(late.vector(of: Row(2)) == [3, 4])
    late.end()
    #expect(late.vector(of: Row(2)) == nil)
}

@Test("a supply from a file gives the rows that were listed and those that came late, and leaves out the rest")
func vectorSupply() throws {
    let folder = TemporaryFolder()
    try Files.makeFolder(folder.path)
    let file = try RowFile(folder: folder.path, dimension: 2)
    try file.write(Row(5), [1, 2])
    try file.write(Row(0), [-1, 0.5])
    let late = LateVectors()
    late.begin()
    late.add([Row(9)], try batch(["late"], [[7, 8]]))
    let supply = VectorSupply.file(file, RowSet([Row(0), Row(5)]), late)
    let (rows, values) = try supply.vectors(of: [Row(9), Row(3), Row(5), Row(0)])
    #expect(rows == [Row(9), Row(5), Row(0)] && values == [7, 8, 1, 2, -1, 0.5])
    #expect(Files.names(in: folder.path).isEmpty, "the file has no name from the start")
}

@Test("what an attach lists is kept for its training unless a tier has it, and given away once")
func listedVectors() throws {
    let folder = TemporaryFolder()
    try Files.makeFolder(folder.path)
    let listed = ListedVectors()
    let vectors = RowVectors(rows: [Row(3), Row(4)], values: [1, 2, 3, 4], dimension: 2)
    listed.write(vectors) { _ in false }
    #expect(listed.take()?.rows == nil, "nothing was begun")
    try listed.begin(folder: folder.path, dimension: 2)
    listed.write(vectors) { $0 == Row(4) }
    let kept: ListedVectors.Kept = try #require(listed.take())
    #expect(kept.rows == RowSet([Row(3)]))
    var values: [Float] = []
    try kept.file.read(Row(3), into: &values)
    #expect(values == [1, 2] && listed.take()?.rows == nil)
}

@Test("distances of all pairs are those of a single query, both metrics")
func allPairs() {
    let queries: [Float] = [1, 0, 0.5, 0.5], vectors: [Float] = [1, 1, 0, 2, -3, 0.25]
    for metric in Metric.allCases {
        var count = 0
        Distances.forEachPair(queries, vectors, dimension: 2, metric: metric) { q, v, distance in
            let one = DistanceQuery(values: Array(queries[2 * q..<2 * q + 2]), metric: metric)
            let vector = Array(vectors[2 * v..<2 * v + 2])
            #expect(distance == one.distance(to: vector.span))
            count += 1
        }
        #expect(count == 6)
    }
}

@Test(
    "a local collection as a cold store refuses wrong vectors as a server would, lists all, and says when it is closed")
func collectionAsColdStore() async throws {
    let folder = TemporaryFolder()
    let collection = try await VectorCollection.create(
        at: folder.path, CollectionConfiguration(dimension: 2, metric: .euclidean), options: smallMap)
    let store = CollectionColdStore(collection: collection)
    let second = Duration.seconds(1)
    let good = ColdVector(key: try VectorKey("a"), values: [1, 2], metadata: try Metadata(json: #"{"n":1}"#))
    try await store.put([good], timeout: second)
    #expect(try await store.fetch([good.key, VectorKey("absent")], [.values, .metadata], timeout: second) == [good])
    await #expect(throws: ColdError.self) {
        try await store.put([ColdVector(key: try VectorKey("b"), values: [1])], timeout: second)
    }
    #expect(try await store.list(ColdListRequest(.values, limit: 10), timeout: second).vectors.map(\.key) == [good.key])
    #expect(try await store.describe(timeout: second).dimension == 2)
    try await store.delete([good.key], timeout: second)
    #expect(try await collection.count() == 0)
    try await collection.close()
    await #expect(throws: ColdError.self) { try await store.fetch([good.key], .values, timeout: second) }
}

@Test("drop says what would go, refuses while it is written, and removes everything")
func dropping() async throws {
    let folder = TemporaryFolder()
    let collection = try await VectorCollection.create(
        at: folder.path, CollectionConfiguration(dimension: 2, metric: .euclidean), options: smallMap)
    try await collection.put([try VectorRecord(key: "a", values: [1, 2])])
    #expect(try await collection.verify() == VerifyReport(liveCount: 1))
    let report: DropReport = try await VectorCollection.drop(at: folder.path, reallyRemove: false)
    #expect(report.vectorCount == 1 && report.byteCount > 0)
    await #expect(throws: (any Error).self) { try await VectorCollection.drop(at: folder.path, reallyRemove: true) }
    try await collection.close()
    _ = try await VectorCollection.drop(at: folder.path, reallyRemove: true)
    #expect(!Files.isFolder(folder.path))
}

@Test("a training reports what it did, refuses a second one beside it, and too few rows")
func trainingReport() async throws {
    let folder = TemporaryFolder(), vectors = clustered(900, 16, seed: 8)
    let collection = try await VectorCollection.create(
        at: folder.path, CollectionConfiguration(dimension: 16, metric: .euclidean), options: smallMap)
    try await collection.put([try VectorRecord(key: "one", values: vectors[0])])
    await #expect(throws: MemVecError.self) { try await collection.train() }
    try await collection.put(
        try vectors.enumerated().map { try VectorRecord(key: "k\($0.offset)", values: $0.element) })
    async let first: TrainingReport = collection.train()
    let report = try await first
    #expect(report.rowCount == 901 && report.factory.hasPrefix("IVF") && report.chosen?.recall ?? 0 > 0.9)
    let again = try await collection.train()
    let statistics = try collection.statistics()
    #expect(again.rowCount == 901 && statistics.index?.training == 2)
    try await collection.close()
}
