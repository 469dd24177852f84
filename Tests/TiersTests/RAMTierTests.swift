import Storage
import Synchronization
import Testing
import Vectors
import Workload

@testable import Tiers

@Suite("RAM tier")
struct RAMTierTests {
    @Test("the slab keeps to its budget and a budget below one slot is an empty tier")
    func budget() throws {
        let residency = try ResidencyTable()
        let live = try LiveRows()
        let gate = EpochGate()
        for (dimension, budget, slots) in [(128, 1_000_000, 1_953), (3, 1_000, 31), (100, 416 * 5 - 1, 4), (8, 31, 0)] {
            let settings = RAMTier.Settings(dimension: dimension, budgetBytes: budget)
            let tier = try RAMTier(settings, residency: residency, live: live, gate: gate)
            #expect(tier.slotCount == slots)
            #expect(tier.statistics.slabBytes <= budget)
        }
        let none = try RAMFixture(slots: 0, rows: 4)
        #expect(none.use(1) == false && none.use(1) == false)
        #expect(none.tier.offer([Row(1)], from: PatternVectors(dimension: 8)) == false)
        #expect(none.tier.fillShare == 1)
    }

    @Test("an admitted row is read back with its own bytes, an evicted one is gone")
    func readBack() throws {
        let fixture = try RAMFixture(slots: 2, rows: 10, eviction: .lru)
        fixture.use(3)
        fixture.use(4)
        #expect(fixture.tier.withVector(of: Row(3)) { PatternVectors.matches($0, Row(3)) } == true)
        fixture.tier.touch(Row(3))
        fixture.use(5)
        #expect(fixture.tier.withVector(of: Row(4)) { _ in true } == nil)
        #expect(fixture.tier.withVector(of: Row(3)) { PatternVectors.matches($0, Row(3)) } == true)
        #expect(fixture.tier.withVector(of: Row(5)) { PatternVectors.matches($0, Row(5)) } == true)
        fixture.tier.checkInvariants()
        #expect(fixture.tier.statistics.evictedCount == 1)
        #expect(fixture.tier.statistics.admittedCount == 3)
    }

    @Test("dead rows and rows beyond the residency table are not let in")
    func refusals() throws {
        let fixture = try RAMFixture(slots: 4, rows: 10)
        try fixture.live.set(Row(2), live: false)
        try fixture.live.set(Row(200_000), live: true)
        let admitted = fixture.tier.admitNow(
            [Row(2), Row(200_000), Row(1), Row(1)], from: PatternVectors(dimension: 8))
        #expect(admitted == 1)
        #expect(fixture.tier.statistics.usedCount == 1)
        fixture.tier.checkInvariants()
    }

    @Test("a slot that a query may still read is not written again; the admission is dropped and counted")
    func slotsWaitForQueries() throws {
        let fixture = try RAMFixture(slots: 1, rows: 10)
        fixture.use(1)
        fixture.gate.pinned {
            fixture.use(2)
            // Row 1 has left, its bytes have not: the query that holds the epoch may be reading them.
            #expect(fixture.residency.slot(of: Row(1)) == nil)
            #expect(fixture.residency.slot(of: Row(2)) == nil)
            #expect(fixture.tier.slab.withVector(in: SlotIndex(0)) { PatternVectors.matches($0, Row(1)) })
        }
        #expect(fixture.tier.statistics.withoutSlotCount == 1)
        fixture.gate.collect()
        fixture.use(2)
        #expect(fixture.residency.slot(of: Row(2)) == SlotIndex(0))
        fixture.tier.checkInvariants()
    }

    @Test("what the policy gives up is reported with its bytes, what dies is not")
    func takenOut() throws {
        let reported = Mutex<[Row]>([])
        let fixture = try RAMFixture(slots: 2, rows: 10, eviction: .lru) { row, vector in
            if PatternVectors.matches(vector, row) { reported.withLock { $0.append(row) } }
        }
        for row: UInt32 in [1, 2, 3] { fixture.use(row) }
        try fixture.kill(2)
        for row: UInt32 in [4, 5] { fixture.use(row) }
        #expect(reported.withLock { $0 } == [Row(1), Row(3)])
        #expect(fixture.tier.statistics.removedCount == 1)
        fixture.tier.checkInvariants()
    }

    @Test("a pinned row stays until it is unpinned or dies, and pins keep to their quota")
    func pins() throws {
        let fixture = try RAMFixture(slots: 4, rows: 100)
        fixture.use(1)
        try fixture.tier.pin([Row(1), Row(2), Row(1)])
        for row: UInt32 in 10..<40 { fixture.use(row) }
        #expect(fixture.residency.slot(of: Row(1)) != nil)
        fixture.use(2)
        for row: UInt32 in 40..<80 { fixture.use(row) }
        #expect(fixture.residency.slot(of: Row(2)) != nil)
        #expect(throws: TierError.pinQuotaExceeded(wanted: 1, pinned: 2, quota: 2)) {
            try fixture.tier.pin([Row(1), Row(3)])
        }
        #expect(!fixture.residency.isPinned(Row(3)))
        fixture.tier.checkInvariants()
        try fixture.kill(1)
        #expect(fixture.tier.statistics.pinnedCount == 1)
        try fixture.tier.pin([Row(3)])
        fixture.tier.unpin([Row(2), Row(3), Row(4)])
        for row: UInt32 in 10..<40 { fixture.use(row) }
        #expect(fixture.residency.slot(of: Row(2)) == nil)
        #expect(fixture.tier.statistics.pinnedCount == 0)
        fixture.tier.checkInvariants()
    }

    @Test("when every slot is pinned the rest is dropped and counted")
    func allPinned() throws {
        let fixture = try RAMFixture(slots: 2, rows: 10, pinShare: 1)
        try fixture.tier.pin([Row(1), Row(2)])
        fixture.use(1)
        fixture.use(2)
        #expect(fixture.use(3) == false)
        #expect(fixture.residency.slot(of: Row(3)) == nil)
        #expect(fixture.tier.statistics.withoutSlotCount == 1)
        fixture.tier.checkInvariants()
    }

    @Test("the worker's queue is bounded: what does not fit is dropped and counted")
    func boundedQueue() throws {
        let fixture = try RAMFixture(slots: 64, rows: 2_000)
        let blocker = BlockedVectors(dimension: 8)
        #expect(fixture.tier.offer([Row(0)], from: blocker))
        blocker.waitUntilEntered()
        var taken = 0
        for row in 1..<1_000 where fixture.tier.offer([Row(UInt32(row))], from: PatternVectors(dimension: 8)) {
            taken += 1
        }
        #expect(taken == fixture.tier.settings.queueLimit)
        blocker.release()
        fixture.tier.drain()
        #expect(fixture.tier.statistics.admittedCount == taken + 1)
        #expect(fixture.tier.statistics.refusedRowCount == 999 - taken)
        fixture.tier.checkInvariants()
        fixture.tier.close()
        #expect(!fixture.tier.offer([Row(1)], from: PatternVectors(dimension: 8)))
    }

    static let cases = EvictionPolicyKind.allCases.flatMap { kind in Seed.quick.map { (kind, $0) } }

    @Test("random uses, kills, pins and batches never break the tier's invariants", arguments: cases)
    func model(kind: EvictionPolicyKind, seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let fixture = try RAMFixture(slots: 12, rows: 60, eviction: kind)
        for _ in 0..<Seed.steps(400, most: 5_000) {
            let row = UInt32(random.below(60))
            switch random.below(10) {
            case 0: try fixture.kill(row)
            case 1: try fixture.live.set(Row(row), live: true)
            case 2: try? fixture.tier.pin([Row(row)])
            case 3: fixture.tier.unpin([Row(row)])
            case 4:
                let batch = (0..<random.below(9)).map { _ in Row(UInt32(random.below(60))) }
                fixture.tier.admitNow(batch, from: PatternVectors(dimension: 8))
            default: fixture.use(row)
            }
            fixture.tier.checkInvariants()
            let read = fixture.tier.withVector(of: Row(row)) { PatternVectors.matches($0, Row(row)) }
            #expect(read ?? true, "MEMVEC_SEED=\(seed) repeats this")
        }
    }
}

/// Holds whoever asks it until ``release()``.
private final class BlockedVectors: VectorSource {
    private let entered = Gate()
    private let released = Gate()
    private let vectors: PatternVectors

    init(dimension: Int) { vectors = PatternVectors(dimension: dimension) }

    func waitUntilEntered() { entered.wait() }
    func release() { released.open() }

    func forEachVector(of rows: [Row], _ body: (Int, Span<Float>) -> Void) {
        entered.open()
        released.wait()
        vectors.forEachVector(of: rows, body)
    }
}
