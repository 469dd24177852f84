public import Vectors

/// Least frequently used since it came; among equals the one that came first.
///
/// It never forgets: good where the hot set stays, useless where it moves.
// Sendable is true because `heap`, `row` and `entered` are guarded by the tier's lock (contract of EvictionPolicy),
// and `uses` is made of atomics.
public final class LFU: EvictionPolicy, @unchecked Sendable {
    private var heap: SlotHeap
    private let row: ZeroedArray<Row>
    /// When each slot came, in entries; breaks ties.
    private let entered: ZeroedArray<UInt32>
    private var entryCount: UInt32 = 0
    private let uses: AtomicArray<UInt32>

    public init(capacity: Int) {
        precondition(capacity >= 1, "a cache of \(capacity) slots")
        heap = SlotHeap(capacity: capacity)
        row = ZeroedArray(count: capacity)
        entered = ZeroedArray(count: capacity)
        uses = AtomicArray(count: capacity)
    }

    public var count: Int { heap.count }
    public var byteCount: Int { heap.byteCount + 12 * row.count }

    public func touch(_ slot: SlotIndex) {
        let seen = uses[slot.index]
        if seen < UInt32.max { uses[slot.index] = seen + 1 }
    }

    public func insert(_ slot: SlotIndex, row: Row) {
        self.row[slot.index] = row
        uses[slot.index] = 1
        entryCount &+= 1
        entered[slot.index] = entryCount
        heap.insert(slot, score: score(slot))
    }

    public func evict() -> SlotIndex? { heap.popLeast(score) }
    public func remove(_ slot: SlotIndex) { heap.remove(slot) }

    private func score(_ slot: SlotIndex) -> UInt64 { UInt64(uses[slot.index]) << 32 | UInt64(entered[slot.index]) }

    public func dump() -> String {
        let slots = heap.slots.sorted { score($0) > score($1) }
        return "queue [\(slots.map { "\(row[$0.index].number):\(uses[$0.index])" }.joined(separator: " "))]"
    }

    public func checkInvariants() { heap.checkInvariants() }
}
