internal import Synchronization
public import Vectors

/// Least recently used. A hit writes the time; the order is put right when a victim is looked for.
///
/// The yardstick everybody knows, and the weakest here: a scan sweeps it clean.
// Sendable is true because `heap` and `row` are guarded by the tier's lock (contract of EvictionPolicy), and the rest
// are atomics.
public final class LRU: EvictionPolicy, @unchecked Sendable {
    private var heap: SlotHeap
    private let row: ZeroedArray<Row>
    private let lastUse: AtomicArray<UInt64>
    /// Counts uses and entries.
    private let clock = Atomic<UInt64>(0)

    public init(capacity: Int) {
        precondition(capacity >= 1, "a cache of \(capacity) slots")
        heap = SlotHeap(capacity: capacity)
        row = ZeroedArray(count: capacity)
        lastUse = AtomicArray(count: capacity)
    }

    public var count: Int { heap.count }
    public var byteCount: Int { heap.byteCount + 12 * row.count }

    public func touch(_ slot: SlotIndex) {
        lastUse[slot.index] = clock.wrappingAdd(1, ordering: .relaxed).newValue
    }

    public func insert(_ slot: SlotIndex, row: Row) {
        self.row[slot.index] = row
        touch(slot)
        heap.insert(slot, score: lastUse[slot.index])
    }

    public func evict() -> SlotIndex? { heap.popLeast { lastUse[$0.index] } }
    public func remove(_ slot: SlotIndex) { heap.remove(slot) }

    public func dump() -> String {
        let slots = heap.slots.sorted { lastUse[$0.index] > lastUse[$1.index] }
        return "queue [\(slots.map { "\(row[$0.index].number)" }.joined(separator: " "))]"
    }

    public func checkInvariants() { heap.checkInvariants() }
}
