import Storage
import Testing
import Vectors
import Workload

@testable import Tiers

@Suite("Tier stack")
struct TierStackTests {
    @Test(
        "a distance is right, and the same to the last bit wherever the vector was",
        arguments: Metric.allCases, [1, 3, 7, 16, 100, 128, 384])
    func distances(metric: Metric, dimension: Int) throws {
        for kind in StackFixture.Kind.allCases {
            var options = StackFixture.Options(kind: kind, rows: 600, dimension: dimension, metric: metric)
            options.ramSlots = 80
            let fixture = try StackFixture(options)
            var random = SplitMix64(seed: 9)
            let query = (0..<dimension).map { _ in random.normal() }
            for round in 0..<6 {
                let rows = fixture.rows((0..<150).map { _ in random.below(round < 3 ? 150 : 600) })
                let lookup = try fixture.query(query, rows)
                for (index, row) in rows.enumerated() where lookup.place(at: index) != .missing {
                    #expect(abs(Double(lookup.distances[index]) - fixture.truth(query, row)) < 1e-4)
                }
                fixture.stack.drain()
                fixture.stack.checkInvariants()
            }
            let found = Set(try fixture.places(fixture.rows(0..<600)))
            #expect(found.contains(.ram))
            #expect(found.contains(.missing) == (kind != .local))
        }
    }

    @Test("a local collection has every live row at hand: in blocks, in the tail, in RAM")
    func local() throws {
        let fixture = try StackFixture(.init(kind: .local, rows: 2_500))
        let all = fixture.rows(0..<2_500)
        #expect(try fixture.places(all).allSatisfy { $0 == .block })
        try fixture.query(fixture.vectors[0], fixture.rows(0..<20))
        fixture.stack.drain()
        #expect(try fixture.places(all).count { $0 == .ram } == 20)
        #expect(try fixture.places(all).allSatisfy { $0 != .missing })
        // A row that was never given.
        #expect(try fixture.places([Row(2_600), Row(UInt32.max)]) == [.missing, .missing])
    }

    @Test("only the 20 nearest count as used and may enter; up to 50 enter while a tier is filling")
    func usedRule() throws {
        var options = StackFixture.Options(rows: 1_000)
        options.ramSlots = 100
        let fixture = try StackFixture(options)
        fixture.stack.noteUse(of: fixture.rows(0..<80), k: 5, fetched: fixture.fetched(fixture.rows(0..<80)))
        fixture.stack.drain()
        #expect(fixture.rows(0..<80).map { fixture.stack.residency.uses(of: $0) }.prefix(22).suffix(4) == [1, 1, 0, 0])
        #expect(fixture.stack.statistics.ram.usedCount == 50)
        fixture.stack.noteUse(of: fixture.rows(100..<200), k: 5, fetched: fixture.fetched(fixture.rows(100..<200)))
        fixture.stack.drain()
        #expect(fixture.stack.statistics.ram.usedCount == 100)
        // Full: 20 enter, and 2k for a k above 10.
        let before = fixture.stack.statistics.ram.admittedCount
        fixture.stack.noteUse(of: fixture.rows(300..<400), k: 5, fetched: fixture.fetched(fixture.rows(300..<400)))
        fixture.stack.drain()
        #expect(fixture.stack.statistics.ram.admittedCount == before + 20)
        fixture.stack.noteUse(of: fixture.rows(500..<600), k: 15, fetched: fixture.fetched(fixture.rows(500..<600)))
        fixture.stack.drain()
        #expect(fixture.stack.statistics.ram.admittedCount == before + 50)
        #expect(fixture.rows(500..<531).map { fixture.stack.residency.uses(of: $0) }.suffix(2) == [1, 0])
    }

    @Test("a row in a block is copied to RAM once its uses reach the mark")
    func promotion() throws {
        var options = StackFixture.Options(kind: .local, rows: 500)
        options.promotionMark = 3
        options.ramSlots = 30
        let fixture = try StackFixture(options)
        for use in 1...3 {
            fixture.stack.noteUse(of: fixture.rows(0..<10), k: 5)
            fixture.stack.drain()
            #expect(try fixture.places(fixture.rows(0..<10)).allSatisfy { $0 == (use < 3 ? .block : .ram) })
        }
    }

    @Test("a read that must not disturb fills nothing, counts nothing and changes no later hit")
    func undisturbing() throws {
        var plain: [Int] = []
        for withScan in [false, true] {
            let fixture = try StackFixture(.init(rows: 1_000))
            var random = SplitMix64(seed: 4)
            let zipf = Zipf(count: 1_000, exponent: 0.99)
            var hits: [Int] = []
            for step in 0..<40 {
                let rows = fixture.rows((0..<30).map { _ in zipf.draw(&random) })
                let lookup = try fixture.query(fixture.vectors[step], rows)
                hits.append(lookup.count - lookup.missingCount)
                fixture.stack.drain()
                guard withScan else { continue }
                let before = fixture.stack.statistics
                let heat = Heat(of: fixture.stack.residency, below: 1_000)
                try fixture.query(fixture.vectors[0], fixture.rows(0..<1_000), mode: .undisturbing)
                fixture.stack.drain()
                #expect(fixture.stack.statistics == before)
                #expect(Heat(of: fixture.stack.residency, below: 1_000) == heat)
            }
            if withScan { #expect(hits == plain) } else { plain = hits }
        }
    }

    @Test("a dead row is in no tier, also when it dies on its way in")
    func deadRows() throws {
        let fixture = try StackFixture(.init(rows: 500))
        fixture.stack.noteUse(of: fixture.rows(0..<50), k: 5, fetched: fixture.fetched(fixture.rows(0..<50)))
        fixture.stack.drain()
        try fixture.kill(Row(3))
        try fixture.live.set(Row(60), live: false)
        fixture.stack.noteUse(of: fixture.rows(60..<62), k: 5, fetched: fixture.fetched(fixture.rows(60..<62)))
        fixture.stack.drain()
        #expect(try fixture.places([Row(3), Row(4), Row(60), Row(61)]) == [.missing, .ram, .missing, .ram])
        fixture.stack.checkInvariants()
    }

    @Test("cached bytes that the remote has not confirmed within the time to live count as missing")
    func timeToLive() throws {
        var options = StackFixture.Options(rows: 500)
        options.timeToLive = .seconds(64)
        let fixture = try StackFixture(options)
        let rows = fixture.rows(0..<20)
        fixture.stack.noteUse(of: rows, k: 5, fetched: fixture.fetched(rows))
        fixture.stack.drain()
        #expect(try fixture.places(rows).allSatisfy { $0 == .ram })
        fixture.clock.advance(by: .seconds(60))
        #expect(try fixture.places(rows).allSatisfy { $0 == .ram })
        fixture.stack.confirm(rows.prefix(10))
        fixture.clock.advance(by: .seconds(10))
        #expect(try fixture.places(rows).prefix(11).suffix(2) == [.ram, .missing])
        // Fetched again, they are trusted again, in the slots where they are.
        fixture.stack.noteUse(of: rows, k: 5, fetched: fixture.fetched(rows))
        #expect(try fixture.places(rows).allSatisfy { $0 == .ram })
        // Round the 16 bits of the tick, and a sweep on the way: still not trusted.
        for _ in 0..<5 {
            fixture.clock.advance(by: .seconds(17_000))
            fixture.stack.maintain()
            fixture.stack.drain()
            #expect(try fixture.places(rows).allSatisfy { $0 == .missing })
        }
    }

    @Test("pinning brings rows in from blocks, says which are nowhere, and keeps them when they are filled")
    func pins() throws {
        var options = StackFixture.Options(kind: .local, rows: 500)
        options.ramSlots = 20
        let local = try StackFixture(options)
        #expect(try local.stack.pin(local.rows(0..<10)).isEmpty)
        #expect(try local.places(local.rows(0..<10)).allSatisfy { $0 == .ram })
        options.kind = .remote
        let remote = try StackFixture(options)
        #expect(try remote.stack.pin(remote.rows(0..<10)) == remote.rows(0..<10))
        remote.stack.fill(remote.fetched(remote.rows(0..<10)))
        for step in 0..<20 {
            let rows = remote.rows((100 + 20 * step)..<(120 + 20 * step)).filter { $0.number < 500 }
            remote.stack.noteUse(of: rows, k: 5, fetched: remote.fetched(rows))
            remote.stack.drain()
        }
        #expect(try remote.places(remote.rows(0..<10)).allSatisfy { $0 == .ram })
        #expect(throws: TierError.pinQuotaExceeded(wanted: 1, pinned: 10, quota: 10)) {
            try remote.stack.pin([Row(50)])
        }
        remote.stack.unpin(remote.rows(0..<10))
        remote.stack.checkInvariants()
        #expect(remote.stack.statistics.ram.pinnedCount == 0)
    }

    @Test("statistics count a known workload exactly")
    func statistics() throws {
        var options = StackFixture.Options(rows: 1_000, dimension: 128)
        options.ramSlots = 40
        let fixture = try StackFixture(options)
        let perBlock = BlockLayout(dimension: 128).rowsPerBlock
        // 50 enter a tier that is empty; RAM holds 40 of them, so 10 are given up again.
        try fixture.query(fixture.vectors[0], fixture.rows(0..<200))
        fixture.stack.drain()
        let first = fixture.stack.statistics
        #expect(first.lookupCount == 1 && first.missCount == 200 && first.ramHitCount == 0 && first.blockHitCount == 0)
        #expect(first.ram.admittedCount == 50 && first.ram.usedCount == 40 && first.ram.evictedCount == 10)
        #expect(first.warm?.pendingRowCount == 50 && first.warm?.admittedCount == 0)
        // The same again: what is in RAM is a hit. Others fill the first block of the warm tier.
        try fixture.query(fixture.vectors[0], fixture.rows(0..<200))
        fixture.stack.drain()
        #expect(fixture.stack.statistics.ramHitCount == 40 && fixture.stack.statistics.missCount == 360)
        for start in [200, 400] {
            try fixture.query(fixture.vectors[start], fixture.rows(start..<(start + 200)))
            fixture.stack.drain()
        }
        let last = fixture.stack.statistics
        #expect(last.lookupCount == 4 && last.missCount == 760 && last.ramHitCount == 40)
        #expect(last.warm?.admittedCount == perBlock && last.warm?.blockCount == 1 && last.warm?.commitCount == 1)
        #expect(last.warm?.writtenBytes == 65_536 && last.warm?.rowCount == perBlock)
        #expect((last.warm?.fileBytes ?? 0) >= 65_536)
        #expect(last.ram.slabBytes == 40 * 512 && last.ram.refusedRowCount == 0 && last.ram.withoutSlotCount == 0)
        #expect(last.residencyBytes == 1 << 20)
        try fixture.kill(fixture.rows(0..<1_000).first { fixture.stack.residency.slot(of: $0) != nil } ?? Row(0))
        #expect(fixture.stack.statistics.ram.removedCount == 1)
        #expect(fixture.stack.statistics.ram.usedCount == 39)
    }
}
