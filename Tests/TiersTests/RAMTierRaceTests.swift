import Storage
import Synchronization
import Testing
import Vectors
import Workload

@testable import Tiers

@Suite("RAM tier: readers against churn", .serialized)
struct RAMTierRaceTests {
    @Test("four readers never see another row's bytes while slots are evicted and filled", arguments: Seed.quick)
    func readersAgainstChurn(seed: UInt64) throws {
        let rowCount = 400
        let fixture = try RAMFixture(slots: 32, rows: rowCount, dimension: 24, patience: 200)
        let done = Flag()
        let counts = ReadCounts()
        let steps = Seed.steps(3_000, most: 30_000)
        onThreads(6) { thread in
            var random = SplitMix64(seed: seed &* 100 &+ UInt64(thread))
            switch thread {
            case 0:
                for _ in 0..<steps {
                    let batch = (0..<4).map { _ in Row(UInt32(random.below(rowCount))) }
                    fixture.tier.admitNow(batch, from: PatternVectors(dimension: 24))
                }
                done.set()
            case 1:
                while !done.isSet { fixture.tier.remove([Row(UInt32(random.below(rowCount)))]) }
            default:
                while !done.isSet {
                    let row = Row(UInt32(random.below(rowCount)))
                    guard let isRight = fixture.tier.withVector(of: row, { PatternVectors.matches($0, row) })
                    else { continue }
                    counts.add(isRight)
                    fixture.tier.touch(row)
                }
            }
        }
        #expect(counts.wrong.load(ordering: .relaxed) == 0, "MEMVEC_SEED=\(seed) repeats this")
        #expect(counts.right.load(ordering: .relaxed) > 0)
        fixture.gate.collect()
        fixture.tier.checkInvariants()
    }
}

private final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
}

private final class ReadCounts: Sendable {
    let right = Atomic<Int>(0)
    let wrong = Atomic<Int>(0)
    func add(_ isRight: Bool) {
        if isRight { right.wrappingAdd(1, ordering: .relaxed) } else { wrong.wrappingAdd(1, ordering: .relaxed) }
    }
}
