import Testing
import Vectors
import Workload

@testable import Tiers

@Suite("Eviction: random steps against a plain model")
struct EvictionModelTests {
    static let cases = EvictionPolicyKind.allCases.flatMap { kind in Seed.quick.map { (kind, $0) } }

    @Test("a policy holds exactly what was inserted and neither evicted nor removed", arguments: cases)
    func holdsWhatItShould(kind: EvictionPolicyKind, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for capacity in [1, 2, 3, 7, 16, 61] {
            let policy = kind.make(capacity: capacity)
            var held: [SlotIndex: Row] = [:]
            for _ in 0..<Seed.steps(400, most: 10_000) {
                let slot = SlotIndex(UInt32(random.below(capacity)))
                switch random.below(6) {
                case 0, 1, 2:
                    if held[slot] == nil {
                        let row = Row(UInt32(random.below(3 * capacity)))
                        policy.insert(slot, row: row)
                        held[slot] = row
                    }
                case 3: policy.touch(slot)
                case 4:
                    if held.removeValue(forKey: slot) != nil { policy.remove(slot) }
                default:
                    let victim = policy.evict()
                    #expect((victim == nil) == held.isEmpty, "MEMVEC_SEED=\(seed) repeats this")
                    if let victim {
                        #expect(held.removeValue(forKey: victim) != nil, "MEMVEC_SEED=\(seed) repeats this")
                    }
                }
                #expect(policy.count == held.count, "MEMVEC_SEED=\(seed) repeats this")
                policy.checkInvariants()
            }
        }
    }

    @Test("LRU and LFU evict what a search through all slots would", arguments: Seed.quick)
    func exactOrder(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let capacity = 20
        let lru = LRU(capacity: capacity)
        let lfu = LFU(capacity: capacity)
        var lastUse: [SlotIndex: Int] = [:]
        var uses: [SlotIndex: (count: Int, since: Int)] = [:]
        for time in 0..<Seed.steps(3_000, most: 100_000) {
            let slot = SlotIndex(UInt32(random.below(capacity)))
            if lastUse[slot] != nil && random.below(8) > 0 {
                lru.touch(slot)
                lastUse[slot] = time
            }
            if uses[slot] != nil && random.below(8) > 0 {
                lfu.touch(slot)
                uses[slot]?.count += 1
            }
            if lastUse[slot] == nil {
                lru.insert(slot, row: Row(0))
                lastUse[slot] = time
            }
            if uses[slot] == nil {
                lfu.insert(slot, row: Row(0))
                uses[slot] = (1, time)
            }
            if random.below(5) == 0 {
                let oldest = lastUse.min { $0.value < $1.value }?.key
                #expect(lru.evict() == oldest, "MEMVEC_SEED=\(seed) repeats this")
                if let oldest { lastUse[oldest] = nil }
                let rarest = uses.min { ($0.value.count, $0.value.since) < ($1.value.count, $1.value.since) }?.key
                #expect(lfu.evict() == rarest, "MEMVEC_SEED=\(seed) repeats this")
                if let rarest { uses[rarest] = nil }
            }
        }
    }

    @Test("a ghost is known for as many evictions as it should be, and once")
    func ghosts() {
        var ghosts = GhostTable(span: 100)
        for number in 0..<1_000 { ghosts.insert(Row(UInt32(number))) }
        #expect(ghosts.recentRows.first == Row(999))
        let known = (0..<1_000).filter { ghosts.take(Row(UInt32($0))) }
        // Buckets may forget a row early, never keep one too long.
        #expect(known.allSatisfy { $0 >= 900 })
        #expect(known.count >= 95)
        #expect(ghosts.recentRows.isEmpty)
    }
}
