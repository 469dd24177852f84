internal import Glibc
internal import Synchronization
public import Vectors

/// Frequency and recency in one number: each use counts 1 when it happens and half as much `halfLife` uses later
/// (Lee et al., "LRFU", IEEE Transactions on Computers 2001). The slot with the least sum goes.
///
/// A long half-life comes near LFU, a short one is LRU. The sum of 2^((t_i - t) / halfLife) falls for all slots alike
/// between uses, so they compare by log2 of the sum at time 0: a number that a use raises and time leaves alone.
// Sendable is true because `heap` and `row` are guarded by the tier's lock (contract of EvictionPolicy), and the rest
// are atomics or set once.
public final class Hybrid: EvictionPolicy, @unchecked Sendable {
    private var heap: SlotHeap
    private let row: ZeroedArray<Row>
    /// Bits of a double that is never negative, so that they compare as it does.
    private let score: AtomicArray<UInt64>
    private let clock = Atomic<UInt64>(0)
    private let halfLife: Double

    /// Half-life of `8 * capacity` uses. Measured on 5,000 objects with a cache of 5 %, hits in %: steady Zipf 60.0,
    /// 62.6, 64.4 and drifting Zipf 57.6, 56.9, 43.6 with a half-life of 4, 8 and 16 capacities.
    public convenience init(capacity: Int) { self.init(capacity: capacity, halfLife: 8 * Double(capacity)) }

    public init(capacity: Int, halfLife: Double) {
        precondition(capacity >= 1, "a cache of \(capacity) slots")
        heap = SlotHeap(capacity: capacity)
        row = ZeroedArray(count: capacity)
        score = AtomicArray(count: capacity)
        self.halfLife = halfLife
    }

    public var count: Int { heap.count }
    public var byteCount: Int { heap.byteCount + 12 * row.count }

    public func touch(_ slot: SlotIndex) {
        let before = Double(bitPattern: score[slot.index])
        let use = now()
        // log2(2^before + 2^use); of two threads that touch a slot at once one may be lost.
        let larger = max(before, use)
        score[slot.index] = (larger + log2(1 + exp2(min(before, use) - larger))).bitPattern
    }

    public func insert(_ slot: SlotIndex, row: Row) {
        self.row[slot.index] = row
        score[slot.index] = now().bitPattern
        heap.insert(slot, score: score[slot.index])
    }

    public func evict() -> SlotIndex? { heap.popLeast { score[$0.index] } }
    public func remove(_ slot: SlotIndex) { heap.remove(slot) }

    private func now() -> Double { Double(clock.wrappingAdd(1, ordering: .relaxed).newValue) / halfLife }

    public func dump() -> String {
        let now = Double(clock.load(ordering: .relaxed)) / halfLife
        let slots = heap.slots.sorted { score[$0.index] > score[$1.index] }
        let text = slots.map { slot in
            let tenths = (exp2(Double(bitPattern: score[slot.index]) - now) * 10).rounded()
            return "\(row[slot.index].number):\(tenths / 10)"
        }
        return "queue [\(text.joined(separator: " "))]"
    }

    public func checkInvariants() { heap.checkInvariants() }
}
