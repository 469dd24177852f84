/// A first-in first-out queue of slots as a plain ring, from which a slot may also be taken out of the middle.
///
/// A slot taken out leaves a hole; holes go when they reach the end, or when the ring is full and is packed.
struct SlotRing {
    private static let hole: UInt32 = 0

    /// A power of two, larger than the number of slots, so that a full ring has holes to pack.
    /// Slots by number + 1.
    private let ring: ZeroedArray<UInt32>
    /// Where each slot stands; only meaningful while the slot is in this ring.
    private let position: ZeroedArray<UInt32>
    /// Count of places ever used at the front and ever left at the back; they wrap together.
    private var front: UInt32 = 0
    private var back: UInt32 = 0
    private(set) var count = 0

    init(capacity: Int) {
        var size = 4
        while size < capacity + capacity / 4 + 1 { size *= 2 }
        ring = ZeroedArray(count: size)
        position = ZeroedArray(count: capacity)
    }

    var byteCount: Int { 4 * (ring.count + position.count) }

    mutating func pushFront(_ slot: SlotIndex) {
        if Int(front &- back) == ring.count { pack() }
        position[slot.index] = front
        ring[place(front)] = slot.number + 1
        front &+= 1
        count += 1
    }

    mutating func popBack() -> SlotIndex? {
        while back != front {
            let number = ring[place(back)]
            ring[place(back)] = Self.hole
            back &+= 1
            if number != Self.hole {
                count -= 1
                return SlotIndex(number - 1)
            }
        }
        return nil
    }

    /// `slot` must be in the ring.
    mutating func remove(_ slot: SlotIndex) {
        let at = place(position[slot.index])
        precondition(ring[at] == slot.number + 1, "\(slot) is not in this ring")
        ring[at] = Self.hole
        count -= 1
    }

    /// The slots, newest first.
    var slots: [SlotIndex] {
        var out: [SlotIndex] = []
        var at = front
        while at != back {
            at &-= 1
            if ring[place(at)] != Self.hole { out.append(SlotIndex(ring[place(at)] - 1)) }
        }
        return out
    }

    private func place(_ counter: UInt32) -> Int { Int(counter) & (ring.count - 1) }

    private mutating func pack() {
        let kept = slots
        precondition(kept.count < ring.count, "a ring of \(ring.count) places is full of slots")
        for i in ring.indices { ring[i] = Self.hole }
        front = 0
        back = 0
        count = 0
        for slot in kept.reversed() { pushFront(slot) }
    }

    func checkInvariants() {
        let held = slots
        precondition(held.count == count, "\(held.count) slots stand in a ring that counts \(count)")
        precondition(Set(held).count == held.count, "a slot stands twice in one ring")
        for slot in held { precondition(ring[place(position[slot.index])] == slot.number + 1, "\(slot) is misplaced") }
    }
}
