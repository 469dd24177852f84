import Storage
import Synchronization
import Testing
import Vectors
import Workload

@testable import Tiers

@Suite("Warm tier")
struct WarmTierTests {
    @Test("a used row waits until a block is full, then is read in place with its own bytes")
    func blocks() throws {
        let fixture = try WarmFixture(rows: 1_000)
        let tier = try fixture.open(fixture.settings(blocks: 64))
        let perBlock = tier.layout.rowsPerBlock
        fixture.use(fixture.rows(0..<(perBlock - 1)), in: tier)
        #expect(fixture.readable(in: tier, fixture.rows(0..<1_000)).isEmpty)
        fixture.use(fixture.rows((perBlock - 1)..<perBlock), in: tier)
        #expect(fixture.readable(in: tier, fixture.rows(0..<1_000)).count == perBlock)
        let counts = tier.statistics
        #expect(counts.blockCount == 1 && counts.rowCount == perBlock && counts.admittedCount == perBlock)
        #expect(counts.writtenBytes == tier.layout.byteCount + 16 && counts.commitCount == 1)
        #expect(counts.pendingRowCount == 0 && counts.droppedCount == 0)
    }

    @Test("a row that is dead or in already is not written, nor one that leaves RAM unused")
    func notWritten() throws {
        let fixture = try WarmFixture(rows: 1_000)
        let tier = try fixture.open(fixture.settings(blocks: 64))
        let perBlock = tier.layout.rowsPerBlock
        try fixture.live.set(Row(3), live: false)
        fixture.use(fixture.rows(0..<(perBlock + 1)), in: tier)
        #expect(tier.statistics.blockCount == 1)
        #expect(!fixture.readable(in: tier, fixture.rows(0..<1_000)).contains(Row(3)))
        fixture.use(fixture.rows(0..<(perBlock + 1)), 5, in: tier)
        #expect(tier.statistics.admittedCount == perBlock && tier.statistics.pendingRowCount == 0)
        tier.offerDemoted(Row(5), PatternVectors.vector(Row(5), dimension: WarmFixture.dimension).span)
        tier.offerDemoted(Row(900), PatternVectors.vector(Row(900), dimension: WarmFixture.dimension).span)
        tier.drain()
        #expect(tier.statistics.pendingRowCount == 0)
        fixture.residency.countUse(of: Row(900))
        tier.offerDemoted(Row(900), PatternVectors.vector(Row(900), dimension: WarmFixture.dimension).span)
        tier.drain()
        #expect(tier.statistics.pendingRowCount == 1)
    }

    @Test("dead rows lose their place; the block's other rows stay")
    func deadRows() throws {
        let fixture = try WarmFixture(rows: 1_000)
        let tier = try fixture.open(fixture.settings(blocks: 64))
        fixture.use(fixture.rows(0..<200), in: tier)
        let before = fixture.readable(in: tier, fixture.rows(0..<200))
        try fixture.live.set(before[0], live: false)
        tier.remove([before[0]])
        #expect(fixture.readable(in: tier, fixture.rows(0..<200)) == Array(before.dropFirst()))
    }

    @Test("when full, only what is hotter than a sample enters, the oldest block goes, its hot rows stay")
    func eviction() throws {
        let fixture = try WarmFixture(rows: 40_000)
        let tier = try fixture.open(fixture.settings(blocks: 40))
        let capacity = tier.writer.withLock { $0.blockLimit } * tier.layout.rowsPerBlock
        let hot = fixture.rows(0..<40)
        fixture.use(hot, 50, in: tier)
        fixture.use(fixture.rows(1_000..<(1_000 + capacity)), 2, in: tier)
        #expect(tier.statistics.blockCount == tier.writer.withLock { $0.blockLimit })
        // As cold as what is in, or hotter by a single use: refused.
        fixture.use(fixture.rows(20_000..<21_000), 1, in: tier)
        fixture.use(fixture.rows(20_000..<21_000), 2, in: tier)
        #expect(tier.statistics.refusedCount > 1_800)
        // Hotter: it enters, and the file turns over twice.
        fixture.use(fixture.rows(22_000..<(22_000 + 2 * capacity)), 9, in: tier)
        let counts = tier.statistics
        #expect(counts.evictedCount > capacity / 2)
        #expect(counts.reappendedCount > 0)
        #expect(fixture.readable(in: tier, hot) == hot)
        let all = fixture.rows(0..<40_000)
        #expect(fixture.readable(in: tier, all).count == all.count { fixture.residency.place(of: $0) != nil })
        #expect(counts.fileBytes <= counts.budgetBytes)
        #expect(counts.rowCount <= capacity)
    }

    @Test("over the write budget the coldest of what waits is dropped and counted, and nothing else waits")
    func writeBudget() throws {
        let fixture = try WarmFixture(rows: 10_000)
        var settings = fixture.settings(blocks: 128)
        settings.writeBytesPerSecond = 65_536
        settings.pendingBlocks = 2
        let tier = try fixture.open(settings)
        let perBlock = tier.layout.rowsPerBlock
        // The bucket is full at first: one batch of two blocks.
        fixture.use(fixture.rows(0..<(2 * perBlock)), in: tier)
        #expect(tier.statistics.blockCount == 2)
        fixture.use(fixture.rows(1_000..<(1_000 + perBlock)), 5, in: tier)
        fixture.use(fixture.rows(2_000..<(2_000 + 3 * perBlock)), 1, in: tier)
        #expect(tier.statistics.blockCount == 2)
        #expect(tier.statistics.pendingRowCount == 2 * perBlock)
        #expect(tier.statistics.droppedCount == 2 * perBlock)
        fixture.clock.advance(by: .seconds(1))
        tier.writeWhatCanBe()
        #expect(tier.statistics.blockCount == 3)
        fixture.clock.advance(by: .seconds(9))
        tier.writeWhatCanBe()
        #expect(tier.statistics.blockCount == 4)
        // The hotter ones were kept.
        #expect(fixture.readable(in: tier, fixture.rows(1_000..<(1_000 + perBlock))).count == perBlock)
    }

    @Test("what was written is there after a close and after a kill in the same boot; after another boot only if clean")
    func reopening() throws {
        let fixture = try WarmFixture(rows: 1_000)
        let all = fixture.rows(0..<1_000)
        var tier: WarmTier? = try fixture.open(fixture.settings(blocks: 64))
        fixture.use(fixture.rows(0..<500), in: try #require(tier))
        tier?.close()
        tier = nil
        // close() wrote the partial block too.
        let second = try fixture.forgotten()
        var other = second.settings(blocks: 64)
        other.bootID = "another-boot"
        tier = try second.open(other)
        #expect(second.readable(in: try #require(tier), all).count == 500)
        #expect(tier?.statistics.damagedBlockCount == 0 && tier?.statistics.blockCount == 4)
        second.use(second.rows(500..<800), in: try #require(tier))
        let written = second.readable(in: try #require(tier), all).count
        // No close: as after a kill.
        tier = nil
        let third = try fixture.forgotten()
        tier = try third.open(other)
        #expect(third.readable(in: try #require(tier), all).count == written)
        tier = nil
        let fourth = try fixture.forgotten()
        tier = try fourth.open(fourth.settings(blocks: 64))
        #expect(fourth.readable(in: try #require(tier), all).isEmpty)
        fourth.use(fourth.rows(0..<300), in: try #require(tier))
        #expect(!fourth.readable(in: try #require(tier), all).isEmpty)
    }

    @Test("another generation, another dimension or a garbled mark begins empty")
    func otherFiles() throws {
        for change in 0..<3 {
            let fixture = try WarmFixture(rows: 1_000)
            var tier: WarmTier? = try fixture.open(fixture.settings(blocks: 64))
            fixture.use(fixture.rows(0..<500), in: try #require(tier))
            tier?.close()
            tier = nil
            let second = try fixture.forgotten()
            var settings = second.settings(blocks: 64)
            if change == 0 { settings.generation = 2 }
            if change == 1 { settings.dimension = 64 }
            if change == 2 { try Files.writeAtomically([1, 2, 3], to: fixture.folder.path + "/mark") }
            tier = try second.open(settings)
            #expect(tier?.statistics.blockCount == 0)
            #expect(tier?.statistics.isOpening == false)
        }
    }

    @Test("a row written twice is read from the newer block after a reopen")
    func newerWins() throws {
        let fixture = try WarmFixture(rows: 1_000)
        var tier: WarmTier? = try fixture.open(fixture.settings(blocks: 64))
        let perBlock = try #require(tier).layout.rowsPerBlock
        fixture.use(fixture.rows(0..<perBlock), in: try #require(tier))
        tier?.remove(fixture.rows(0..<perBlock))
        fixture.use(fixture.rows(0..<perBlock), in: try #require(tier))
        #expect(tier?.statistics.blockCount == 2)
        tier = nil
        let second = try fixture.forgotten()
        let reopened = try second.open(second.settings(blocks: 64))
        #expect(second.residency.place(of: Row(0)) == UInt32(perBlock))
        #expect(second.readable(in: reopened, second.rows(0..<perBlock)).count == perBlock)
    }

    @Test("a mirror takes every row, used or not, and is believed after any boot")
    func mirror() throws {
        let fixture = try WarmFixture(rows: 2_000)
        var settings = fixture.settings(blocks: 64)
        settings.isMirror = true
        var tier: WarmTier? = try fixture.open(settings)
        var vectors = RowVectors(dimension: WarmFixture.dimension)
        PatternVectors(dimension: WarmFixture.dimension).forEachVector(of: fixture.rows(0..<2_000)) {
            vectors.append(Row(UInt32($0)), $1)
        }
        #expect(tier?.store(vectors) == 2_000)
        tier?.maintain()
        tier?.drain()
        #expect(fixture.readable(in: try #require(tier), fixture.rows(0..<2_000)).count == 2_000)
        tier = nil
        let second = try fixture.forgotten()
        settings.bootID = "another-boot"
        let reopened = try second.open(settings)
        #expect(second.readable(in: reopened, second.rows(0..<2_000)).count == 2_000)
    }

    @Test("a budget below a few blocks is no warm tier, and no error")
    func tinyBudget() throws {
        let fixture = try WarmFixture(rows: 1_000)
        let tier = try fixture.open(fixture.settings(blocks: 3))
        fixture.use(fixture.rows(0..<500), in: tier)
        #expect(tier.statistics.blockCount == 0 && tier.statistics.pendingRowCount == 0)
        tier.close()
        tier.close()
        #expect(!tier.offer(fixture.rows(0..<1), from: PatternVectors(dimension: WarmFixture.dimension)))
    }
}
