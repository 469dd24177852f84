import Testing
import Vectors

@testable import Tiers

/// Plays `insert`, `touch`, `remove` by row number and shows the queues after each step.
private struct Player {
    let policy: any EvictionPolicy
    private var slotOfRow: [UInt32: SlotIndex] = [:]
    private var rowInSlot: [SlotIndex: UInt32] = [:]
    private var free: [SlotIndex]

    init(_ policy: any EvictionPolicy, capacity: Int) {
        self.policy = policy
        free = (0..<capacity).reversed().map { SlotIndex(UInt32($0)) }
    }

    mutating func insert(_ rows: UInt32...) -> String {
        for row in rows {
            if free.isEmpty { _ = evict() }
            let slot = free.removeLast()
            policy.insert(slot, row: Row(row))
            slotOfRow[row] = slot
            rowInSlot[slot] = row
            policy.checkInvariants()
        }
        return policy.dump()
    }

    func touch(_ rows: UInt32...) -> String {
        for row in rows { slotOfRow[row].map { policy.touch($0) } }
        return policy.dump()
    }

    mutating func remove(_ row: UInt32) -> String {
        if let slot = slotOfRow.removeValue(forKey: row) {
            policy.remove(slot)
            rowInSlot[slot] = nil
            free.append(slot)
        }
        policy.checkInvariants()
        return policy.dump()
    }

    mutating func evict() -> UInt32? {
        guard let slot = policy.evict() else { return nil }
        free.append(slot)
        policy.checkInvariants()
        guard let row = rowInSlot.removeValue(forKey: slot) else { return nil }
        slotOfRow[row] = nil
        return row
    }
}

@Suite("Eviction: the queues step by step")
struct EvictionDumpTests {
    @Test("S3-FIFO: newcomers wait in small, what was used twice goes to main, what comes back enters main")
    func s3fifo() {
        var cache = Player(S3FIFO(capacity: 10), capacity: 10)
        #expect(cache.insert(1, 2, 3) == "small [3:0 2:0 1:0] main [] ghosts []")
        #expect(cache.touch(1, 1, 2) == "small [3:0 2:1 1:2] main [] ghosts []")
        #expect(cache.touch(1, 1, 1) == "small [3:0 2:1 1:3] main [] ghosts []")
        #expect(
            cache.insert(4, 5, 6, 7, 8, 9, 10)
                == "small [10:0 9:0 8:0 7:0 6:0 5:0 4:0 3:0 2:1 1:3] main [] ghosts []")
        // 1 was used more than once and moves on; 2 was used once and goes.
        #expect(cache.insert(11) == "small [11:0 10:0 9:0 8:0 7:0 6:0 5:0 4:0 3:0] main [1:0] ghosts [2]")
        #expect(cache.insert(2) == "small [11:0 10:0 9:0 8:0 7:0 6:0 5:0 4:0] main [2:0 1:0] ghosts [3]")
        #expect(cache.remove(9) == "small [11:0 10:0 8:0 7:0 6:0 5:0 4:0] main [2:0 1:0] ghosts [3]")
        #expect(cache.insert(12) == "small [12:0 11:0 10:0 8:0 7:0 6:0 5:0 4:0] main [2:0 1:0] ghosts [3]")
        #expect(cache.touch(1, 11, 11) == "small [12:0 11:2 10:0 8:0 7:0 6:0 5:0 4:0] main [2:0 1:1] ghosts [3]")
        let evicted = (0..<9).map { _ in cache.evict() }
        // Small shrinks to its tenth, then main: 1 goes round once for its use. 12, alone, stays in small.
        #expect(evicted == [4, 5, 6, 7, 8, 10, 2, 11, 1])
        #expect(cache.policy.dump() == "small [12:0] main [] ghosts [10 8 7 6 5 4 3]")
        #expect(cache.evict() == 12)
        #expect(cache.evict() == nil)
    }

    @Test("LRU: a use moves to the front, the back goes")
    func lru() {
        var cache = Player(LRU(capacity: 3), capacity: 3)
        #expect(cache.insert(1, 2, 3) == "queue [3 2 1]")
        #expect(cache.touch(1) == "queue [1 3 2]")
        #expect(cache.insert(4) == "queue [4 1 3]")
        #expect(cache.touch(3, 1, 3) == "queue [3 1 4]")
        #expect(cache.remove(1) == "queue [3 4]")
        #expect(cache.insert(5) == "queue [5 3 4]")
        #expect((0..<4).map { _ in cache.evict() } == [4, 3, 5, nil])
    }

    @Test("LFU: the least used goes, of equals the older")
    func lfu() {
        var cache = Player(LFU(capacity: 3), capacity: 3)
        #expect(cache.insert(1, 2, 3) == "queue [3:1 2:1 1:1]")
        #expect(cache.touch(1, 1, 2) == "queue [1:3 2:2 3:1]")
        #expect(cache.insert(4) == "queue [1:3 2:2 4:1]")
        #expect(cache.insert(5) == "queue [1:3 2:2 5:1]")
        #expect(cache.remove(2) == "queue [1:3 5:1]")
        #expect(cache.insert(6) == "queue [1:3 6:1 5:1]")
        #expect((0..<4).map { _ in cache.evict() } == [5, 6, 1, nil])
    }

    @Test("SIEVE: the hand spares what was used and takes the first that was not")
    func sieve() {
        var cache = Player(SIEVE(capacity: 4), capacity: 4)
        #expect(cache.insert(1, 2, 3, 4) == "queue [4:0 3:0 2:0 1:0]")
        #expect(cache.touch(1, 3) == "queue [4:0 3:1 2:0 1:1]")
        // 1 is spared, 2 goes, the hand stays at 3.
        #expect(cache.insert(5) == "queue [5:0 4:0 >3:1 1:0]")
        #expect(cache.insert(6) == "queue [6:0 >5:0 3:0 1:0]")
        #expect(cache.remove(5) == "queue [>6:0 3:0 1:0]")
        #expect(cache.insert(7) == "queue [7:0 >6:0 3:0 1:0]")
        #expect(cache.touch(6, 7) == "queue [7:1 >6:1 3:0 1:0]")
        // Round the end: 6 and 7 are spared, 1 is the oldest.
        #expect(cache.insert(8) == "queue [8:0 7:0 6:0 >3:0]")
        #expect((0..<5).map { _ in cache.evict() } == [3, 6, 7, 8, nil])
    }

    @Test("hybrid: many uses of long ago weigh as much as few of late")
    func hybrid() {
        var cache = Player(Hybrid(capacity: 3, halfLife: 2), capacity: 3)
        #expect(cache.insert(1) == "queue [1:1.0]")
        #expect(cache.touch(1, 1, 1) == "queue [1:2.6]")
        #expect(cache.insert(2, 3) == "queue [1:1.3 3:1.0 2:0.7]")
        #expect(cache.insert(4) == "queue [4:1.0 1:0.9 3:0.7]")
        #expect(cache.touch(3, 4) == "queue [4:1.5 3:1.1 1:0.5]")
        #expect(cache.remove(3) == "queue [4:1.5 1:0.5]")
        #expect(cache.insert(5, 6) == "queue [6:1.0 4:0.8 5:0.7]")
        #expect((0..<4).map { _ in cache.evict() } == [5, 4, 6, nil])
    }
}
