import Storage
import Synchronization
import Testing
import Vectors
import Workload

@testable import Tiers

/// Bar B12 of the cache measurements: the warm file after five budgets of writes.
@Suite("Warm tier: the file keeps to its budget", .serialized)
struct WarmBudgetTests {
    private static var blocks: Int { Seed.isFull ? 1_024 : 128 }

    /// Writes `budgets` times the budget of rows, each hotter than those before it, so that all of them are let in.
    private func churn(_ fixture: WarmFixture, _ tier: WarmTier, budgets: Double, from first: inout Int) {
        let target = tier.statistics.writtenBytes + Int(budgets * Double(tier.settings.budgetBytes))
        var idle = 0
        while tier.statistics.writtenBytes < target && idle < 50 {
            let before = tier.statistics.writtenBytes
            let rows = (0..<200).map { Row(UInt32((first + $0) % fixture.rowCount)) }
            first += 200
            tier.remove(rows)
            for row in rows { fixture.residency.setUses(of: row, to: 1 + first / 2_000) }
            tier.admit(rows, from: PatternVectors(dimension: WarmFixture.dimension))
            if tier.statistics.writtenBytes == before { idle += 1 } else { idle = 0 }
        }
    }

    private func world() throws -> (fixture: WarmFixture, settings: WarmTier.Settings) {
        let rows = 2 * Self.blocks * BlockLayout(dimension: WarmFixture.dimension).rowsPerBlock
        let fixture = try WarmFixture(rows: rows)
        return (fixture, fixture.settings(blocks: Self.blocks))
    }

    @Test("five budgets of writes leave the file within its budget, and every row it has is readable")
    func withoutReader() throws {
        let (fixture, settings) = try world()
        let tier = try fixture.open(settings)
        var first = 0
        churn(fixture, tier, budgets: 5, from: &first)
        let counts = tier.statistics
        print("B12: \(Self.blocks) blocks, no reader: file / budget \(share(counts)), \(counts.commitCount) commits")
        #expect(counts.writtenBytes >= 5 * counts.budgetBytes)
        #expect(counts.fileBytes <= counts.budgetBytes)
        #expect(try size(settings) <= counts.budgetBytes * 11 / 10)
        let all = fixture.rows(0..<fixture.rowCount)
        #expect(fixture.readable(in: tier, all).count == all.count { fixture.residency.place(of: $0) != nil })
        tier.checkInvariants()
    }

    @Test("with a reader held the file stops at 1.05, the reader's blocks stay readable, and writing goes on after it")
    func withReader() throws {
        let (fixture, settings) = try world()
        let tier = try fixture.open(settings)
        var first = 0
        churn(fixture, tier, budgets: 2, from: &first)
        let held = fixture.rows(0..<fixture.rowCount).filter { fixture.residency.place(of: $0) != nil }
        let writtenBefore = tier.statistics.writtenBytes
        // Held in the middle of a read, on this thread, while another thread's work is done on it.
        try tier.reading { _ in
            churn(fixture, tier, budgets: 3, from: &first)
            let counts = tier.statistics
            print("B12: reader held: file / budget \(share(counts)), \(counts.droppedCount) rows dropped")
            #expect(counts.fileBytes <= counts.budgetBytes * 11 / 10)
            #expect(counts.droppedCount > 0)
            // What has a place is right, whatever was written meanwhile.
            _ = fixture.readable(in: tier, held)
        }
        let writtenHeld = tier.statistics.writtenBytes - writtenBefore
        #expect(writtenHeld < settings.budgetBytes)
        churn(fixture, tier, budgets: 2, from: &first)
        let counts = tier.statistics
        print("B12: reader gone: file / budget \(share(counts))")
        #expect(counts.writtenBytes >= writtenBefore + writtenHeld + 2 * counts.budgetBytes)
        #expect(counts.fileBytes <= counts.budgetBytes * 11 / 10)
        tier.checkInvariants()
    }

    @Test("writing pauses while a reader is older than five seconds, and goes on when it ends")
    func oldReader() throws {
        let (fixture, settings) = try world()
        let tier = try fixture.open(settings)
        let perBlock = tier.layout.rowsPerBlock
        fixture.use(fixture.rows(0..<perBlock), in: tier)
        try tier.reading { _ in
            fixture.use(fixture.rows(perBlock..<(2 * perBlock)), in: tier)
            #expect(tier.statistics.blockCount == 2)
            fixture.use(fixture.rows((2 * perBlock)..<(3 * perBlock)), in: tier)
            #expect(tier.statistics.blockCount == 3)
            fixture.clock.advance(by: .seconds(6))
            fixture.use(fixture.rows((3 * perBlock)..<(4 * perBlock)), in: tier)
            #expect(tier.statistics.blockCount == 3)
        }
        tier.writeWhatCanBe()
        #expect(tier.statistics.blockCount == 4)
    }

    @Test("a file above its budget is made anew with the hottest rows, and no row answers wrongly meanwhile")
    func recreation() throws {
        let (fixture, settings) = try world()
        var tier: WarmTier? = try fixture.open(settings)
        let capacity = try #require(tier).rowCapacity
        fixture.use(fixture.rows(0..<capacity), in: try #require(tier))
        tier?.close()
        tier = nil
        let second = try fixture.forgotten()
        var smaller = settings
        smaller.budgetBytes /= 4
        let reopened = try second.open(smaller)
        for row in second.rows(0..<100) { for _ in 0..<9 { second.residency.countUse(of: row) } }
        #expect(reopened.statistics.fileBytes > smaller.budgetBytes * 2)
        // Readers in the old file go on reading while the new one takes its place.
        try reopened.reading { _ in reopened.writeWhatCanBe() }
        reopened.writeWhatCanBe()
        let counts = reopened.statistics
        print("B12: recreated: file / budget \(share(counts))")
        #expect(counts.recreationCount == 1)
        #expect(counts.fileBytes <= counts.budgetBytes)
        #expect(counts.rowCount == reopened.rowCapacity)
        #expect(try size(settings) <= counts.budgetBytes * 11 / 10)
        #expect(second.readable(in: reopened, second.rows(0..<100)).count == 100)
        reopened.checkInvariants()
        reopened.close()
        let third = try second.forgotten()
        let last = try third.open(smaller)
        #expect(third.readable(in: last, third.rows(0..<100)).count == 100)
        var first = 0
        churn(third, last, budgets: 2, from: &first)
        #expect(last.statistics.fileBytes <= smaller.budgetBytes * 11 / 10)
    }

    private func share(_ counts: WarmTier.Statistics) -> Double {
        (Double(counts.fileBytes) / Double(counts.budgetBytes) * 1_000).rounded() / 1_000
    }

    private func size(_ settings: WarmTier.Settings) throws -> Int {
        try Files.byteCount(settings.folder + "/data.mdb") ?? 0
    }
}
