import CFaiss
import Foundation
import Storage
import Testing
import Vectors

@testable import Index

/// Clustered vectors, the same for the same seed.
private func clustered(_ count: Int, _ d: Int, seed: UInt64) -> [Float] {
    var state = seed
    func unit() -> Float {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Float((z ^ (z >> 31)) >> 40) / Float(1 << 24)
    }
    let centres = (0..<20).map { _ in (0..<d).map { _ in unit() * 10 } }
    return (0..<count).flatMap { i in centres[i % 20].map { $0 + unit() } }
}

private func build(_ vectors: [Float], _ d: Int, lists: Int, bytes: Int) throws -> (IVFPQIndex, LiveRows, EpochGate) {
    let gate = EpochGate(), live = try LiveRows()
    let prepared = Preparation(dimension: d, metric: .euclidean).prepare(vectors)
    let quantizer = try Trainer(
        settings: .init(listCount: lists, codeBytes: bytes), dimension: d, threadCount: 1
    ).train(sample: prepared, training: 7)
    let index = IVFPQIndex(quantizer: quantizer, gate: gate)
    let rows = (0..<vectors.count / d).map { Row(UInt32($0)) }
    try index.add(rows, index.encode(prepared, threadCount: 2))
    for row in rows { try live.set(row, live: true) }
    return (index, live, gate)
}

@Test(
    "candidates rank as FAISS ranks them at the same nprobe, in padded dimensions too", arguments: [(32, 16), (13, 8)])
func ranksLikeFaiss(d: Int, bytes: Int) throws {
    let vectors = clustered(3000, d, seed: 5)
    let (index, live, _) = try build(vectors, d, lists: 16, bytes: bytes)
    let file = unsafe index.quantizer.faiss
    unsafe try index.forEachList { (list, rows, codes) throws(IndexError) in
        var error = mvf_error()
        let code = unsafe mvf_list_add(file, list, rows.count, rows.baseAddress, codes, &error)
        guard code == 0 else { throw .faiss(operation: "add", text: "") }
    }
    let queries = clustered(30, d, seed: 6)
    let preparation = Preparation(dimension: d, metric: .euclidean)
    for nprobe in [1, 4, 16] {
        for q in 0..<30 {
            let query = preparation.prepare(Array(queries[q * d..<(q + 1) * d]))
            let ours = try index.candidates(for: query, count: 50, nprobe: nprobe, live: live)
            var distances = [Float](repeating: 0, count: 50), ids = [Int64](repeating: 0, count: 50)
            var error = mvf_error()
            #expect(unsafe mvf_search(file, 1, query, 50, nprobe, &distances, &ids, &error) == 0)
            let count = ids.filter { $0 >= 0 }.count
            #expect(ours.count == count)
            for (mine, theirs) in zip(ours, distances) {
                #expect(abs(mine.estimate - theirs) <= 1e-4 * max(10, theirs))
            }
            let shared = Set(ours.map { Int64($0.row.number) }).intersection(ids).count
            #expect(shared >= ours.count - 1, "nprobe \(nprobe)")
        }
    }
}

@Test("dead rows and rows outside the selector are never candidates, and a sweep removes the dead")
func deadRowsAndSelector() throws {
    let d = 16, vectors = clustered(2000, d, seed: 9)
    let (index, live, gate) = try build(vectors, d, lists: 8, bytes: 8)
    for n in 0..<2000 where n % 3 == 0 { try live.set(Row(UInt32(n)), live: false) }
    let among = RowSet((0..<2000).filter { $0 % 5 == 0 }.map { Row(UInt32($0)) })
    let query = Array(vectors[0..<d])
    let all = try index.candidates(for: query, count: 2000, nprobe: 8, live: live)
    let alive = (0..<2000).filter { $0 % 3 != 0 }.map { UInt32($0) }
    #expect(all.map(\.row.number).sorted() == alive)
    let ordered = all.sorted { a, b in a.estimate == b.estimate ? a.row < b.row : a.estimate < b.estimate }
    #expect(all == ordered)
    let some = try index.candidates(for: query, count: 2000, nprobe: 8, among: among, live: live)
    let selected = all.filter { among.contains($0.row) }
    #expect(some == selected)
    #expect(try index.sweep(live) == 667 && index.rowCount == 1333 && gate.pendingCount == 0)
    #expect(try index.candidates(for: query, count: 2000, nprobe: 8, live: live) == all)
    let few = try index.candidates(for: query, count: 20, nprobe: 8, live: live)
    #expect(few == Array(all.prefix(20)), "selection agrees with the full sort")
}

@Test("a snapshot reopens with the same candidates to the last bit; a cut or garbled one is refused")
func snapshot() throws {
    let d = 13, vectors = clustered(1500, d, seed: 3)
    let (index, live, gate) = try build(vectors, d, lists: 8, bytes: 8)
    let folder = try SnapshotFolder()
    let path = folder.path + "/1.faiss"
    try index.write(to: path, live: live)
    let again = try IVFPQIndex.open(path, training: 7, dimension: d, gate: gate)
    let query = Preparation(dimension: d, metric: .euclidean).prepare(Array(vectors[0..<d]))
    let before = try index.candidates(for: query, count: 100, nprobe: 3, live: live)
    #expect(try again.candidates(for: query, count: 100, nprobe: 3, live: live) == before)
    #expect(again.byteCount <= index.byteCount)
    let bytes = try #require(try Files.read(path))
    for length in [0, 3, 40, bytes.count / 2, bytes.count - 1] {
        try Files.writeAtomically(Array(bytes[..<length]), to: path)
        #expect(throws: IndexError.self) { try IVFPQIndex.open(path, training: 7, dimension: d, gate: gate) }
    }
    #expect(throws: IndexError.self) { try IVFPQIndex.open(path, training: 7, dimension: 12, gate: gate) }
}

private final class SnapshotFolder {
    let path = FileManager.default.temporaryDirectory.path + "/memvec-index-" + UUID().uuidString
    init() throws { try Files.makeFolder(path) }
    deinit { try? Files.remove(path) }
}

@Test("error bytes keep a squared error within six percent")
func errorBytes() {
    for error in [1e-5, 0.003, 1, 7174, 1e6] as [Float] {
        let back = ErrorByte.decode(ErrorByte.encode(error))
        #expect(abs(back / error - 1) < 0.065, "\(error) became \(back)")
    }
    #expect(ErrorByte.encode(0) == 0 && ErrorByte.encode(.infinity) == 255)
}
