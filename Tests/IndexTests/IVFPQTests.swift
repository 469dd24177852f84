import Storage
import Testing
import Vectors

@testable import Index

@Suite struct IVFPQTests {
    @Test(
        "candidates rank as plain FAISS ranks the snapshot at the same nprobe, in padded dimensions too",
        arguments: [(32, 16), (13, 8), (128, 64), (8, 1)])
    func ranksLikeFAISS(d: Int, bytes: Int) throws {
        let vectors = clustered(2_000, d), queries = clustered(20, d, seed: Seed.value + 1)
        let world = try IndexFixture(vectors, d, lists: 16, bytes: bytes)
        let folder = try TemporaryFolder()
        try world.index.write(to: folder.path + "/1.faiss", live: world.live)
        let plain = try PlainFAISS(folder.path + "/1.faiss")
        #expect(plain.count == 2_000 && plain.dimension == d)
        for nprobe in [1, 4, 16] {
            for q in 0..<20 {
                let ours = try world.candidates(world.prepared(queries, q), 50, nprobe: nprobe)
                let theirs = plain.search(Array(queries[q * d..<(q + 1) * d]), 50, effort: nprobe)
                #expect(ours.count == theirs.count)
                let estimates = Dictionary(uniqueKeysWithValues: theirs.map { ($0.row, $0.estimate) })
                // A row that only one of them has must be as far as the last one: a tie.
                let last = theirs.last?.estimate ?? 0
                for candidate in ours {
                    let estimate = estimates[Int64(candidate.row.number)] ?? last
                    #expect(abs(candidate.estimate - estimate) <= 1e-5 * max(100, estimate), "nprobe \(nprobe)")
                }
            }
        }
    }

    @Test("dead rows and rows outside the selector are never candidates, and a sweep removes the dead")
    func deadRowsAndSelector() throws {
        let d = 16, vectors = clustered(2_000, d)
        let world = try IndexFixture(vectors, d, lists: 8, bytes: 8)
        for n in 0..<2_000 where n % 3 == 0 { try world.live.set(Row(UInt32(n)), live: false) }
        let among = RowSet((0..<2_000).filter { $0 % 5 == 0 }.map { Row(UInt32($0)) })
        let query = Array(vectors[0..<d])
        let all = try world.candidates(query, 2_000, nprobe: 8)
        let alive = (0..<2_000).filter { $0 % 3 != 0 }.map { UInt32($0) }
        #expect(all.map(\.row.number).sorted() == alive)
        let ordered = all.sorted { a, b in a.estimate == b.estimate ? a.row < b.row : a.estimate < b.estimate }
        #expect(all == ordered)
        let some = try world.candidates(query, 2_000, nprobe: 8, among: among)
        #expect(some == all.filter { among.contains($0.row) })
        #expect(try world.candidates(query, 9, nprobe: 8, among: among) == Array(some.prefix(9)))
        #expect(try world.candidates(query, 9, nprobe: 8, among: RowSet()).isEmpty)
        let before = world.index.byteCount
        #expect(try world.index.sweep(world.live, below: Row(.max)) == 667)
        #expect(world.index.rowCount == 1_333 && world.gate.pendingCount == 0 && world.index.byteCount < before)
        #expect(try world.candidates(query, 2_000, nprobe: 8) == all)
    }

    @Test(
        "the first candidates are those of the whole order, whatever their number", arguments: [1, 2, 10, 63, 64, 500])
    func prefixes(count: Int) throws {
        let d = 24, vectors = clustered(1_500, d)
        let world = try IndexFixture(vectors, d, lists: 5, bytes: 12)
        for q in 0..<10 {
            let query = world.prepared(vectors, q)
            let all = try world.candidates(query, 1_500, nprobe: 3)
            #expect(try world.candidates(query, count, nprobe: 3) == Array(all.prefix(count)))
        }
        #expect(try world.candidates(world.prepared(vectors, 0), 0, nprobe: 3).isEmpty)
        #expect(try world.candidates(world.prepared(vectors, 0), 10, nprobe: 0).isEmpty)
        #expect(try world.candidates(world.prepared(vectors, 0), 9_999, nprobe: 999).count == 1_500)
    }

    @Test("a query of huge or equal values gets candidates, and no crash")
    func extremeQueries() throws {
        let d = 16, vectors = clustered(600, d)
        let world = try IndexFixture(vectors, d, lists: 4, bytes: 8)
        for value in [0, 1e18, 3e38, -3e38] as [Float] {
            let query = [Float](repeating: value, count: d)
            #expect(try world.candidates(query, 20, nprobe: 4).count == 20)
        }
    }

    @Test("codes of another training or out of range are refused, and nothing is in")
    func foreignCodes() throws {
        let d = 16, vectors = clustered(600, d)
        let world = try IndexFixture(vectors, d, lists: 4, bytes: 8)
        let good = try world.index.encode(Array(vectors[..<(2 * d)]), threadCount: 1)
        let rows = [Row(600), Row(601)]
        var other = RowCodes(training: 8, codeBytes: 8)
        other.lists = good.lists
        other.errors = good.errors
        other.codes = good.codes
        var far = good, short = good, wide = good
        far.lists[1] = 4
        short.codes.removeLast()
        wide.codeBytes = 16
        for codes in [other, far, short, wide] {
            #expect(throws: IndexError.self) { try world.index.add(rows, codes) }
        }
        #expect(throws: IndexError.self) { try world.index.add([Row(600)], good) }
        #expect(world.index.rowCount == 600)
        try world.index.add(rows, good)
        #expect(world.index.rowCount == 602)
    }

    @Test("compaction takes the kept rows along under their new numbers, with the same estimates")
    func renumbered() throws {
        let d = 16, vectors = clustered(900, d)
        let world = try IndexFixture(vectors, d, lists: 6, bytes: 8)
        let live = try LiveRows()
        let copy = try world.index.renumbered { $0.number % 2 == 0 ? Row($0.number / 2) : nil }
        for n in 0..<450 { try live.set(Row(UInt32(n)), live: true) }
        #expect(copy.rowCount == 450)
        let query = world.prepared(vectors, 3)
        let among = RowSet((0..<450).map { Row(UInt32(2 * $0)) })
        let old = try world.candidates(query, 450, nprobe: 4, among: among)
        let new = try copy.candidates(for: query, count: 450, nprobe: 4, among: nil, live: live)
        #expect(new.map { $0.row.number * 2 } == old.map(\.row.number))
        #expect(new.map(\.estimate) == old.map(\.estimate))
    }

    @Test("the index counts every byte that it holds")
    func byteCount() throws {
        let d = 16, vectors = clustered(1_000, d)
        let world = try IndexFixture(vectors, d, lists: 4, bytes: 8)
        // Whole blocks of 32 rows: 8 bytes of code, 4 of term, 4 of row, 1 of error.
        let least = 1_000 * 17 + 4 * (4 * 17 + 256 * 16 + 256 * 8)
        #expect(world.index.byteCount >= least && world.index.byteCount <= least + 4 * (64 + 31 * 17 + 64) + 64)
        _ = try world.candidates(world.prepared(vectors, 0), 10, nprobe: 4)
        #expect(world.index.byteCount > least + 8 * 256 * 5, "the memory of one search")
    }
}
