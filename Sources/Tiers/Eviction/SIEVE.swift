public import Vectors

/// SIEVE: one queue, one bit a slot, and a hand that goes from the oldest to the newest, spares what was used, and
/// takes the first that was not (Zhang et al., NSDI 2024).
///
/// Good on steady traffic; slow to give up an old hot set, and not proof against scans.
// Sendable is true because everything but `wasUsed` is guarded by the tier's lock (contract of EvictionPolicy).
public final class SIEVE: EvictionPolicy, @unchecked Sendable {
    private static let none: UInt32 = 0

    // Slots by number + 1.
    /// Neighbours in the queue; `newer` leads to the newest.
    private let newer: ZeroedArray<UInt32>
    private let older: ZeroedArray<UInt32>
    private var newest = none
    private var oldest = none
    /// The next slot to look at; `none` stands for the oldest.
    private var hand = none
    private let isHeld: ZeroedArray<Bool>
    private let row: ZeroedArray<Row>
    private let wasUsed: AtomicArray<UInt8>
    public private(set) var count = 0

    public init(capacity: Int) {
        precondition(capacity >= 1, "a cache of \(capacity) slots")
        newer = ZeroedArray(count: capacity)
        older = ZeroedArray(count: capacity)
        isHeld = ZeroedArray(count: capacity)
        row = ZeroedArray(count: capacity)
        wasUsed = AtomicArray(count: capacity)
    }

    public var byteCount: Int { newer.count * 14 }

    public func touch(_ slot: SlotIndex) { wasUsed[slot.index] = 1 }

    public func insert(_ slot: SlotIndex, row: Row) {
        precondition(!isHeld[slot.index], "\(slot) is held already")
        isHeld[slot.index] = true
        self.row[slot.index] = row
        wasUsed[slot.index] = 0
        older[slot.index] = newest
        newer[slot.index] = Self.none
        if newest != Self.none { newer[Int(newest) - 1] = slot.number + 1 } else { oldest = slot.number + 1 }
        newest = slot.number + 1
        count += 1
    }

    public func evict() -> SlotIndex? {
        guard count > 0 else { return nil }
        var at = hand == Self.none ? oldest : hand
        // One round clears every bit; hits that go on meanwhile must not send the hand round for ever.
        var stepsLeft = 2 * count
        while wasUsed[Int(at) - 1] != 0 && stepsLeft > 0 {
            wasUsed[Int(at) - 1] = 0
            at = newer[Int(at) - 1] == Self.none ? oldest : newer[Int(at) - 1]
            stepsLeft -= 1
        }
        hand = at
        remove(SlotIndex(at - 1))
        return SlotIndex(at - 1)
    }

    public func remove(_ slot: SlotIndex) {
        precondition(isHeld[slot.index], "\(slot) is not held")
        let before = older[slot.index]
        let after = newer[slot.index]
        if hand == slot.number + 1 { hand = after }
        if before != Self.none { newer[Int(before) - 1] = after } else { oldest = after }
        if after != Self.none { older[Int(after) - 1] = before } else { newest = before }
        isHeld[slot.index] = false
        count -= 1
    }

    /// The slots, newest first.
    private var slots: [SlotIndex] {
        var out: [SlotIndex] = []
        var at = newest
        while at != Self.none && out.count <= count {
            out.append(SlotIndex(at - 1))
            at = older[Int(at) - 1]
        }
        return out
    }

    public func dump() -> String {
        let queue = slots.map { "\($0.number + 1 == hand ? ">" : "")\(row[$0.index].number):\(wasUsed[$0.index])" }
        return "queue [\(queue.joined(separator: " "))]"
    }

    public func checkInvariants() {
        let queue = slots
        precondition(queue.count == count, "the queue has \(queue.count) slots and counts \(count)")
        precondition(isHeld.indices.count { isHeld[$0] } == count, "slots are held that are not in the queue")
        for slot in queue { precondition(isHeld[slot.index], "\(slot) is in the queue and not held") }
        for (new, old) in zip(queue, queue.dropFirst()) {
            precondition(newer[old.index] == new.number + 1, "the queue differs by direction at \(old)")
        }
        precondition(hand == Self.none || isHeld[Int(hand) - 1], "the hand is at a slot that is not held")
    }
}
