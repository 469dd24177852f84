import Storage
import Synchronization
import Testing
import Vectors
import Workload

@testable import Tiers

@Suite("Tier stack: random steps and races", .serialized)
struct TierStackModelTests {
    static let cases = [StackFixture.Kind.local, .remote].flatMap { kind in
        EvictionPolicyKind.allCases.map { (kind, $0) }
    }

    @Test("whatever happens, a lookup scores a row with its own vector or says that it is missing", arguments: cases)
    func model(kind: StackFixture.Kind, eviction: EvictionPolicyKind) throws {
        for seed in Seed.quick.prefix(Seed.isFull ? 3 : 1) {
            var options = StackFixture.Options(kind: kind, rows: 900, dimension: 64, ramSlots: 24, warmBlocks: 12)
            options.eviction = eviction
            options.timeToLive = kind == .remote ? .seconds(100) : nil
            let folder = try TemporaryFolder()
            var fixture = try StackFixture(options, folder: folder)
            var dead: Set<Row> = []
            var random = SplitMix64(seed: seed)
            let zipf = Zipf(count: 900, exponent: 0.9)
            for step in 0..<Seed.steps(150, most: 5_000) {
                let row = Row(UInt32(random.below(900)))
                switch random.below(12) {
                case 0 where kind == .remote:
                    try fixture.kill(row)
                    dead.insert(row)
                case 1: _ = try? fixture.stack.pin([row])
                case 2: fixture.stack.unpin([row])
                case 3: fixture.clock.advance(by: .seconds(random.below(40)))
                case 4: fixture.stack.maintain()
                case 5 where kind == .remote: fixture.stack.fill(fixture.fetched([row]))
                case 6 where step % 10 == 0:
                    try fixture.stack.saveHeat(to: folder.path + "/heat", generation: 1, rowCount: 900)
                    fixture.stack.close()
                    fixture = try StackFixture(options, folder: folder)
                    for row in dead { try fixture.kill(row) }
                    fixture.stack.loadHeat(from: folder.path + "/heat", generation: 1)
                default:
                    let rows = (0..<30).map { _ in Row(UInt32(zipf.draw(&random))) }
                    try fixture.query(fixture.vectors[step % 900], rows.filter { !dead.contains($0) })
                }
                fixture.stack.drain()
                fixture.stack.checkInvariants()
            }
            let found = try fixture.places(fixture.rows(0..<900))
            #expect(kind == .remote || found.allSatisfy { $0 != .missing }, "MEMVEC_SEED=\(seed) repeats this")
            let deadAndFound = dead.filter { found[Int($0.number)] == .ram }
            #expect(deadAndFound.isEmpty, "MEMVEC_SEED=\(seed) repeats this")
        }
    }

    @Test("four readers score while rows are used, killed, demoted and written")
    func races() throws {
        let options = StackFixture.Options(rows: 4_000, dimension: 128, ramSlots: 64, warmBlocks: 12)
        let fixture = try StackFixture(options)
        let steps = Seed.steps(60, most: 300)
        let counters = Counters()
        onThreads(6) { thread in
            var random = SplitMix64(seed: UInt64(thread) + 1)
            let zipf = Zipf(count: 4_000, exponent: 0.8)
            var lookup = TierLookup()
            func someRows(_ count: Int) -> [Row] { (0..<count).map { _ in Row(UInt32(zipf.draw(&random))) } }
            switch thread {
            case 0:
                for step in 0..<steps {
                    let rows = someRows(50)
                    for row in rows { fixture.stack.residency.setUses(of: row, to: 1 + step / 4) }
                    fixture.stack.noteUse(of: rows, k: 25, fetched: fixture.fetched(Array(Set(rows))))
                    if step % 4 == 0 { fixture.stack.drain() }
                }
                counters.finish()
            case 1:
                // Rows from 3,500 on die and never come back; the others are only taken out.
                while !counters.isFinished {
                    let row = Row(UInt32(random.below(4_000)))
                    if row.number >= 3_500 { try? fixture.live.set(row, live: false) }
                    fixture.stack.remove([row])
                    fixture.stack.maintain()
                }
            default:
                while !counters.isFinished {
                    let rows = someRows(20)
                    let query = fixture.vectors[random.below(4_000)]
                    guard (try? fixture.stack.lookup(query, rows, into: &lookup)) != nil else {
                        counters.note(wrong: 1)
                        continue
                    }
                    for (index, row) in rows.enumerated() where lookup.place(at: index) != .missing {
                        let isRight = lookup.distances[index] == fixture.exact(query, row)
                        counters.note(
                            wrong: isRight ? 0 : 1, ram: lookup.place(at: index) == .ram ? 1 : 0,
                            blocks: lookup.place(at: index) == .block ? 1 : 0)
                    }
                }
            }
        }
        fixture.stack.drain()
        #expect(counters.wrong == 0)
        #expect(counters.ram > 0 && counters.blocks > 0)
        fixture.gate.collect()
        fixture.stack.checkInvariants()
    }
}

private final class Counters: Sendable {
    private let finished = Atomic<Bool>(false)
    private let wrongCount = Atomic<Int>(0)
    private let ramCount = Atomic<Int>(0)
    private let blockCount = Atomic<Int>(0)

    var isFinished: Bool { finished.load(ordering: .acquiring) }
    func finish() { finished.store(true, ordering: .releasing) }
    func note(wrong: Int, ram: Int = 0, blocks: Int = 0) {
        wrongCount.wrappingAdd(wrong, ordering: .relaxed)
        ramCount.wrappingAdd(ram, ordering: .relaxed)
        blockCount.wrappingAdd(blocks, ordering: .relaxed)
    }
    var wrong: Int { wrongCount.load(ordering: .relaxed) }
    var ram: Int { ramCount.load(ordering: .relaxed) }
    var blocks: Int { blockCount.load(ordering: .relaxed) }
}
