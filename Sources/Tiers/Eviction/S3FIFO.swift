public import Vectors

/// S3-FIFO: a small queue for newcomers (10 %), a main queue for what was used again, and a memory of what left the
/// small one (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023).
///
/// A newcomer used twice before it reaches the end of the small queue moves to main; else it goes, and only its row
/// is remembered. A remembered row that returns enters main at once. The end of main goes round again as often as it
/// was used, three times at most. The default: never far from the best on the traces of `Workload`, also when the hot
/// set moves, and a hit is one relaxed store.
// Sendable is true because everything but `uses` is guarded by the tier's lock (contract of EvictionPolicy), and
// `uses` is made of atomics.
public final class S3FIFO: EvictionPolicy, @unchecked Sendable {
    private static let useLimit: UInt8 = 3
    private static let usesForMain: UInt8 = 2

    private enum Queue: UInt8, BitwiseCopyable { case none, small, main }

    private let capacity: Int
    private let smallTarget: Int
    private var small: SlotRing
    private var main: SlotRing
    private var ghosts: GhostTable
    private let queue: ZeroedArray<Queue>
    private let row: ZeroedArray<Row>
    /// Uses since the slot entered its queue, up to the limit.
    private let uses: AtomicArray<UInt8>

    public init(capacity: Int) {
        precondition(capacity >= 1, "a cache of \(capacity) slots")
        self.capacity = capacity
        smallTarget = max(1, capacity / 10)
        small = SlotRing(capacity: capacity)
        main = SlotRing(capacity: capacity)
        ghosts = GhostTable(span: max(1, capacity - capacity / 10))
        queue = ZeroedArray(count: capacity)
        row = ZeroedArray(count: capacity)
        uses = AtomicArray(count: capacity)
    }

    public var count: Int { small.count + main.count }
    public var byteCount: Int { small.byteCount + main.byteCount + ghosts.byteCount + 6 * capacity }

    public func touch(_ slot: SlotIndex) {
        // Two threads may both write n + 1: a lost use is cheaper than a locked instruction on every hit.
        let seen = uses[slot.index]
        if seen < Self.useLimit { uses[slot.index] = seen + 1 }
    }

    public func insert(_ slot: SlotIndex, row: Row) {
        precondition(queue[slot.index] == .none, "\(slot) is held already")
        self.row[slot.index] = row
        uses[slot.index] = 0
        if ghosts.take(row) { enterMain(slot) } else { enterSmall(slot) }
    }

    public func evict() -> SlotIndex? {
        while count > 0 {
            if small.count > smallTarget || main.count == 0 {
                guard let slot = small.popBack() else { continue }
                if uses[slot.index] < Self.usesForMain {
                    queue[slot.index] = .none
                    ghosts.insert(row[slot.index])
                    return slot
                }
                uses[slot.index] = 0
                enterMain(slot)
                if main.count <= capacity - smallTarget { continue }
            }
            return evictFromMain()
        }
        return nil
    }

    private func evictFromMain() -> SlotIndex? {
        // Hits that go on meanwhile could send slots round for ever: after each has spent all its uses, any will do.
        var roundsLeft = (Int(Self.useLimit) + 1) * main.count
        while let slot = main.popBack() {
            let left = uses[slot.index]
            if left == 0 || roundsLeft == 0 {
                queue[slot.index] = .none
                return slot
            }
            uses[slot.index] = left - 1
            main.pushFront(slot)
            roundsLeft -= 1
        }
        return nil
    }

    public func remove(_ slot: SlotIndex) {
        switch queue[slot.index] {
        case .small: small.remove(slot)
        case .main: main.remove(slot)
        case .none: preconditionFailure("\(slot) is not held")
        }
        queue[slot.index] = .none
    }

    private func enterSmall(_ slot: SlotIndex) {
        small.pushFront(slot)
        queue[slot.index] = .small
    }

    private func enterMain(_ slot: SlotIndex) {
        main.pushFront(slot)
        queue[slot.index] = .main
    }

    public func dump() -> String {
        func text(_ slots: [SlotIndex]) -> String {
            slots.map { "\(row[$0.index].number):\(uses[$0.index])" }.joined(separator: " ")
        }
        let gone = ghosts.recentRows.map { "\($0.number)" }.joined(separator: " ")
        return "small [\(text(small.slots))] main [\(text(main.slots))] ghosts [\(gone)]"
    }

    public func checkInvariants() {
        small.checkInvariants()
        main.checkInvariants()
        for slot in small.slots { precondition(queue[slot.index] == .small, "\(slot) is in small unmarked") }
        for slot in main.slots { precondition(queue[slot.index] == .main, "\(slot) is in main unmarked") }
        let marked = queue.indices.count { queue[$0] != .none }
        precondition(marked == count, "\(marked) slots are marked held, \(count) are in a queue")
    }
}
