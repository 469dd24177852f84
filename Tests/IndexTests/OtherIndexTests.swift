import Storage
import Testing
import Vectors
import Workload

@testable import Index

@Suite struct OtherIndexTests {
    private func fill(_ index: any CandidateIndex, _ vectors: [Float], _ d: Int) throws -> LiveRows {
        let live = try LiveRows(), prepared = Preparation(dimension: d, metric: .euclidean).prepare(vectors)
        let rows = (0..<vectors.count / d).map { Row(UInt32(10 + $0)) }
        try index.add(rows, index.encode(prepared, threadCount: 1))
        for row in rows { try live.set(row, live: true) }
        return live
    }

    private func exact(_ vectors: [Float], _ query: [Float], _ k: Int) -> [UInt32] {
        let d = query.count
        let squares = (0..<vectors.count / d).map { row in
            (0..<d).reduce(0.0) { sum, i in
                let difference = Double(vectors[row * d + i]) - Double(query[i])
                return sum + difference * difference
            }
        }
        return squares.indices.sorted { squares[$0] < squares[$1] }.prefix(k).map { UInt32(10 + $0) }
    }

    @Test(
        "a flat index finds the exact nearest in any dimension, and its snapshot opens in FAISS",
        arguments: [1, 3, 7, 24])
    func flat(d: Int) throws {
        let vectors = clustered(900, d), queries = clustered(5, d, seed: Seed.value + 1)
        let index = FlatIndex(dimension: d, training: 2), live = try fill(index, vectors, d)
        let folder = try TemporaryFolder()
        let path = folder.path + "/1.faiss"
        let info = try index.write(to: path, live: live)
        #expect(info.rowCount == 900 && info.files.count == 2)
        let plain = try PlainFAISS(path), again = try FlatIndex.open(path, training: 2, dimension: d)
        for q in 0..<5 {
            let query = Array(queries[q * d..<(q + 1) * d])
            let prepared = Preparation(dimension: d, metric: .euclidean).prepare(query)
            let found = try index.candidates(for: prepared, count: 10, nprobe: 1, among: nil, live: live)
            #expect(found.map(\.row.number) == exact(vectors, query, 10))
            #expect(try again.candidates(for: prepared, count: 10, nprobe: 1, among: nil, live: live) == found)
            #expect(plain.search(query, 10, effort: 1).map { UInt32($0.row) + 10 } == found.map(\.row.number))
        }
    }

    @Test("a graph finds nearly all of the nearest, all of them at full effort, and its snapshot opens in FAISS")
    func graph() throws {
        // Not in clusters: between those a graph of so few rows has no edges.
        var random = SplitMix64(seed: Seed.value)
        let d = 12, vectors = (0..<2_000 * d).map { _ in Float(random.unit()) }
        let queries = (0..<20 * d).map { _ in Float(random.unit()) }
        let index = try GraphIndex(factory: "HNSW16", dimension: d, training: 2, tailLimit: 500)
        let live = try fill(index, vectors, d)
        index.settle()
        let folder = try TemporaryFolder()
        let path = folder.path + "/1.faiss"
        #expect(try index.write(to: path, live: live).rowCount == 2_000)
        #expect(try PlainFAISS(path).count == 2_000)
        let again = try GraphIndex.open(path, training: 2, dimension: d)
        var found = 0
        for q in 0..<20 {
            let query = Array(queries[q * d..<(q + 1) * d])
            let prepared = Preparation(dimension: d, metric: .euclidean).prepare(query)
            let truth = exact(vectors, query, 10)
            let fast = try again.candidates(for: prepared, count: 10, nprobe: 64, among: nil, live: live)
            found += Set(fast.map(\.row.number)).intersection(truth).count
            let full = try again.candidates(for: prepared, count: 10, nprobe: again.listCount, among: nil, live: live)
            #expect(full.map(\.row.number) == truth)
        }
        #expect(found >= 180, "\(found) of 200")
        #expect(index.byteCount > 2_000 * d * 4)
    }

    @Test("snapshots of other kinds, cut, garbled or foreign, are refused with a typed error")
    func damage() throws {
        let d = 8, vectors = clustered(300, d)
        let index = try GraphIndex(factory: "HNSW8", dimension: d, training: 2), live = try fill(index, vectors, d)
        let folder = try TemporaryFolder()
        let path = folder.path + "/1.faiss"
        try index.write(to: path, live: live)
        #expect(throws: IndexError.self) { try FlatIndex.open(path, training: 2, dimension: d) }
        #expect(throws: IndexError.self) { try GraphIndex.open(path, training: 3, dimension: d) }
        let bytes = try #require(try Files.read(path))
        for at in stride(from: 0, to: bytes.count, by: 97) {
            var wrong = bytes
            wrong[at] ^= 1
            try Files.writeAtomically(wrong, to: path)
            #expect(throws: IndexError.self) { try GraphIndex.open(path, training: 2, dimension: d) }
        }
        try Files.writeAtomically(Array(bytes.dropLast()), to: path)
        #expect(throws: IndexError.self) { try GraphIndex.open(path, training: 2, dimension: d) }
    }

    @Test("codes that are no vectors of this index are refused")
    func foreignCodes() throws {
        let index = FlatIndex(dimension: 5, training: 2)
        let good = try index.encode([Float](repeating: 1, count: 16), threadCount: 1)
        var short = good, other = RowCodes(training: 3, codeBytes: 32)
        short.codes.removeLast()
        other.codes = good.codes
        other.lists = good.lists
        #expect(good.count == 2 && good.codeBytes == 32)
        for codes in [short, other] {
            #expect(throws: IndexError.self) { try index.add([Row(1), Row(2)], codes) }
        }
        #expect(throws: IndexError.self) { try index.add([Row(1)], good) }
        #expect(throws: IndexError.self) { try GraphIndex(factory: "HNSW1", dimension: 5, training: 1) }
        #expect(throws: IndexError.self) { try GraphIndex(factory: "IVF4", dimension: 5, training: 1) }
    }
}
