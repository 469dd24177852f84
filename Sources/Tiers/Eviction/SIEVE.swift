public import Vectors

/// SIEVE: one queue, one bit a slot, and a hand that goes from the oldest to the newest, spares what was used, and
/// takes the first that was not (Zhang et al., NSDI 2024).
///
/// Good on steady traffic; slow to give up an old hot set (cache-and-tiers.md 2.3), and not proof against scans.
// Sendable is true because everything but `wasUsed` is guarded by the tier's lock (contract of EvictionPolicy).
public final class SIEVE: EvictionPolicy, @unchecked Sendable {
    private static let none = UInt32.max

    /// Neighbours in the queue; `newer` leads to the newest.
    private var newer: [UInt32]
    private var older: [UInt32]
    private var newest = none
    private var oldest = none
    /// The next slot to look at; `none` stands for the oldest.
    private var hand = none
    private var isHeld: [Bool]
    private var row: [Row]
    private let wasUsed: AtomicArray<UInt8>
    public private(set) var count = 0

    public init(capacity: Int) {
        precondition(capacity >= 1, "a cache of \(capacity) slots")
        newer = [UInt32](repeating: Self.none, count: capacity)
        older = [UInt32](repeating: Self.none, count: capacity)
        isHeld = [Bool](repeating: false, count: capacity)
        row = [Row](repeating: Row(0), count: capacity)
        wasUsed = AtomicArray(count: capacity, of: 0)
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
        if newest != Self.none { newer[Int(newest)] = slot.number } else { oldest = slot.number }
        newest = slot.number
        count += 1
    }

    public func evict() -> SlotIndex? {
        guard count > 0 else { return nil }
        var at = hand == Self.none ? oldest : hand
        // One round clears every bit; hits that go on meanwhile must not send the hand round for ever.
        var stepsLeft = 2 * count
        while wasUsed[Int(at)] != 0 && stepsLeft > 0 {
            wasUsed[Int(at)] = 0
            at = newer[Int(at)] == Self.none ? oldest : newer[Int(at)]
            stepsLeft -= 1
        }
        hand = at
        remove(SlotIndex(at))
        return SlotIndex(at)
    }

    public func remove(_ slot: SlotIndex) {
        precondition(isHeld[slot.index], "\(slot) is not held")
        let before = older[slot.index]
        let after = newer[slot.index]
        if hand == slot.number { hand = after }
        if before != Self.none { newer[Int(before)] = after } else { oldest = after }
        if after != Self.none { older[Int(after)] = before } else { newest = before }
        isHeld[slot.index] = false
        count -= 1
    }

    /// The slots, newest first.
    private var slots: [SlotIndex] {
        var out: [SlotIndex] = []
        var at = newest
        while at != Self.none && out.count <= count {
            out.append(SlotIndex(at))
            at = older[Int(at)]
        }
        return out
    }

    public func dump() -> String {
        let queue = slots.map { "\($0.number == hand ? ">" : "")\(row[$0.index].number):\(wasUsed[$0.index])" }
        return "queue [\(queue.joined(separator: " "))]"
    }

    public func checkInvariants() {
        let queue = slots
        precondition(queue.count == count, "the queue has \(queue.count) slots and counts \(count)")
        precondition(isHeld.count { $0 } == count, "slots are held that are not in the queue")
        for slot in queue { precondition(isHeld[slot.index], "\(slot) is in the queue and not held") }
        for (new, old) in zip(queue, queue.dropFirst()) {
            precondition(newer[old.index] == new.number, "the queue differs by direction at \(old)")
        }
        precondition(hand == Self.none || isHeld[Int(hand)], "the hand is at a slot that is not held")
    }
}
