/// Slots in order of a score that only ever rises behind its back: the least is found without a move at each hit.
///
/// The heap keeps the score each slot had when it was last looked at, a lower bound of the true one. The slot with the
/// least bound is looked at again; has its score risen, it sinks to its place, else it is the least of all. A slot is
/// moved at most once for all the hits since it was last looked at.
struct SlotHeap {
    private var heap: [UInt32] = []
    /// Lower bound of each slot's score.
    private let bound: ZeroedArray<UInt64>
    /// Where each slot stands in `heap`, from 1; 0 when it does not.
    private let place: ZeroedArray<UInt32>

    init(capacity: Int) {
        heap.reserveCapacity(capacity)
        bound = ZeroedArray(count: capacity)
        place = ZeroedArray(count: capacity)
    }

    var count: Int { heap.count }
    var byteCount: Int { place.count * 16 }
    var slots: [SlotIndex] { heap.map { SlotIndex($0) } }

    func holds(_ slot: SlotIndex) -> Bool { place[slot.index] > 0 }

    mutating func insert(_ slot: SlotIndex, score: UInt64) {
        precondition(!holds(slot), "\(slot) is held already")
        bound[slot.index] = score
        heap.append(slot.number)
        place[slot.index] = UInt32(heap.count)
        rise(heap.count - 1)
    }

    mutating func remove(_ slot: SlotIndex) {
        precondition(holds(slot), "\(slot) is not held")
        let at = Int(place[slot.index]) - 1
        place[slot.index] = 0
        let last = heap.removeLast()
        if at == heap.count { return }
        heap[at] = last
        place[Int(last)] = UInt32(at + 1)
        rise(at)
        sink(Int(place[Int(last)]) - 1)
    }

    /// Takes out the slot whose score is least, ties in any order. Amortised O(log count) a hit or call.
    mutating func popLeast(_ score: (SlotIndex) -> UInt64) -> SlotIndex? {
        // Hits that go on meanwhile must not keep it here for ever.
        var looksLeft = 2 * heap.count
        while let first = heap.first {
            let slot = SlotIndex(first)
            let now = score(slot)
            if now <= bound[slot.index] || looksLeft == 0 {
                remove(slot)
                return slot
            }
            bound[slot.index] = now
            sink(0)
            looksLeft -= 1
        }
        return nil
    }

    private mutating func rise(_ start: Int) {
        var at = start
        while at > 0 && bound[Int(heap[at])] < bound[Int(heap[(at - 1) / 2])] {
            exchange(at, (at - 1) / 2)
            at = (at - 1) / 2
        }
    }

    private mutating func sink(_ start: Int) {
        var at = start
        while true {
            var least = at
            for child in [2 * at + 1, 2 * at + 2] where child < heap.count {
                if bound[Int(heap[child])] < bound[Int(heap[least])] { least = child }
            }
            if least == at { return }
            exchange(at, least)
            at = least
        }
    }

    private mutating func exchange(_ a: Int, _ b: Int) {
        heap.swapAt(a, b)
        place[Int(heap[a])] = UInt32(a + 1)
        place[Int(heap[b])] = UInt32(b + 1)
    }

    func checkInvariants() {
        precondition(place.indices.count { place[$0] > 0 } == heap.count, "slots have a place and are not in the heap")
        for (at, number) in heap.enumerated() {
            precondition(place[Int(number)] == UInt32(at + 1), "slot \(number) is misplaced")
            let parent = heap[at == 0 ? 0 : (at - 1) / 2]
            precondition(bound[Int(parent)] <= bound[Int(number)], "slot \(number) is less than its parent")
        }
    }
}
