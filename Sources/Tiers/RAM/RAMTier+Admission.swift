internal import Glibc
internal import Storage
internal import Synchronization
public import Vectors

extension RAMTier {
    /// Rows admitted between two looks at the gate: enough to share one retirement, few enough that a small tier is
    /// not emptied for a batch.
    private var chunkLimit: Int { max(1, min(64, slotCount / 8)) }

    /// Lets `rows` in now, on this thread, in order: those that are live and not in RAM yet, as far as `source` has
    /// their vectors and slots get free. Returns how many came in.
    ///
    /// Gives up as many slots as it needs. Never call it while pinned by the gate: the slots it waits for would be
    /// held by the caller itself, and the rows would be dropped.
    @discardableResult
    public func admitNow(_ rows: [Row], from source: any VectorSource) -> Int {
        guard slotCount > 0 else { return 0 }
        var admitted = 0
        var start = 0
        while start < rows.count {
            let end = min(rows.count, start + chunkLimit)
            admitted += admitChunk(Array(rows[start..<end]), from: source)
            start = end
        }
        return admitted
    }

    private func admitChunk(_ rows: [Row], from source: any VectorSource) -> Int {
        let wanted = rows.filter { live.contains($0) && residency.slot(of: $0) == nil }
        guard !wanted.isEmpty else { return 0 }
        var slots = reserveSlots(wanted.count)
        var admitted = 0
        var withoutSlot = 0
        source.forEachVector(of: wanted) { index, vector in
            guard let slot = slots.popLast() else {
                withoutSlot += 1
                return
            }
            // Nobody sees the slot: it is written before the lock is taken.
            slab.write(vector, to: slot)
            if publish(wanted[index], in: slot) { admitted += 1 } else { slots.append(slot) }
        }
        state.withLock { state in
            state.free.append(contentsOf: slots)
            state.admittedCount += admitted
            state.withoutSlotCount += withoutSlot
        }
        return admitted
    }

    /// Puts a written slot in place; false when the row has died or came in by another way meanwhile.
    private func publish(_ row: Row, in slot: SlotIndex) -> Bool {
        state.withLock { state in
            // Live is asked under the lock that `remove` takes after it has been cleared: either it is seen dead
            // here, or `remove` finds the slot.
            guard live.contains(row), residency.slot(of: row) == nil else { return false }
            slab.setRow(row, in: slot)
            residency.setSlot(of: row, to: slot)
            // A row past the end of the table cannot be found again, so it must not take a slot.
            guard residency.slot(of: row) == slot else {
                slab.setRow(nil, in: slot)
                return false
            }
            if residency.isPinned(row) { state.pinnedSlotCount += 1 } else { policy.insert(slot, row: row) }
            state.usedCount += 1
            return true
        }
    }

    /// Up to `count` slots that no query can see, by eviction when there are not enough.
    private func reserveSlots(_ count: Int) -> [SlotIndex] {
        var slots: [SlotIndex] = []
        var victims: [(SlotIndex, Row)] = []
        state.withLock { state in
            collectFree(&slots, upTo: count, &state)
            while slots.count + victims.count < count, let slot = policy.evict() {
                guard let row = slab.row(in: slot) else { preconditionFailure("\(slot) was evicted empty") }
                unlink(row, from: slot)
                victims.append((slot, row))
            }
            state.usedCount -= victims.count
            state.evictedCount += victims.count
        }
        guard !victims.isEmpty else { return slots }
        for (slot, row) in victims { slab.withVector(in: slot) { takenOut(row, $0) } }
        retire(victims.map(\.0))
        var looksLeft = settings.slotPatience
        while true {
            state.withLock { collectFree(&slots, upTo: count, &$0) }
            if slots.count == count || looksLeft == 0 { return slots }
            looksLeft -= 1
            usleep(50)
            gate.collect()
        }
    }

    private func collectFree(_ slots: inout [SlotIndex], upTo count: Int, _ state: inout State) {
        state.free.append(contentsOf: returned.takeAll())
        while slots.count < count {
            if let slot = state.free.popLast() {
                slots.append(slot)
            } else if state.neverUsed < slotCount {
                slots.append(SlotIndex(UInt32(state.neverUsed)))
                state.neverUsed += 1
            } else {
                return
            }
        }
    }

    /// No query that begins now finds `row` in `slot`.
    private func unlink(_ row: Row, from slot: SlotIndex) {
        residency.setSlot(of: row, to: nil)
        slab.setRow(nil, in: slot)
    }

    /// Called without the state lock: the gate may run other retirements' ends on this thread.
    private func retire(_ slots: [SlotIndex]) {
        gate.retire { [returned] in returned.append(slots) }
    }

    /// Takes dead rows out. Called after the commit that killed them and after `live` says so.
    public func remove(_ rows: some Sequence<Row>) {
        var freed: [SlotIndex] = []
        state.withLock { state in
            for row in rows {
                let wasPinned = residency.setPinned(row, false)
                if wasPinned { state.pinnedCount -= 1 }
                guard let slot = residency.slot(of: row), slab.row(in: slot) == row else { continue }
                if wasPinned { state.pinnedSlotCount -= 1 } else { policy.remove(slot) }
                unlink(row, from: slot)
                freed.append(slot)
            }
            state.usedCount -= freed.count
            state.removedCount += freed.count
        }
        if !freed.isEmpty { retire(freed) }
    }

    // MARK: Pins

    /// Keeps `rows` in RAM until they are unpinned or die. Those that are in RAM stay; the others enter a slot of
    /// their own when they are next admitted.
    /// - Throws: ``TierError/pinQuotaExceeded(wanted:pinned:quota:)``; nothing is pinned then.
    public func pin(_ rows: [Row]) throws(TierError) {
        let refusal: TierError? = state.withLock { state in
            let new = Set(rows).filter { !residency.isPinned($0) }
            guard state.pinnedCount + new.count <= pinQuota else {
                return .pinQuotaExceeded(wanted: new.count, pinned: state.pinnedCount, quota: pinQuota)
            }
            for row in new where residency.setPinned(row, true) {
                state.pinnedCount += 1
                guard let slot = residency.slot(of: row), slab.row(in: slot) == row else { continue }
                policy.remove(slot)
                state.pinnedSlotCount += 1
            }
            return nil
        }
        if let refusal { throw refusal }
    }

    /// Leaves `rows` to the policy again. Rows that are not pinned are fine.
    public func unpin(_ rows: [Row]) {
        state.withLock { state in
            for row in rows where residency.setPinned(row, false) {
                state.pinnedCount -= 1
                guard let slot = residency.slot(of: row), slab.row(in: slot) == row else { continue }
                policy.insert(slot, row: row)
                state.pinnedSlotCount -= 1
            }
        }
    }

    // MARK: Self-check

    /// Traps when slots, residency, policy and counts contradict each other. Only while nothing else is going on;
    /// `live` must say the truth.
    func checkInvariants() {
        policy.checkInvariants()
        state.withLock { state in
            state.free.append(contentsOf: returned.takeAll())
            var used = 0
            var pinned = 0
            for number in 0..<state.neverUsed {
                let slot = SlotIndex(UInt32(number))
                guard let row = slab.row(in: slot) else { continue }
                used += 1
                precondition(live.contains(row), "dead \(row) is in \(slot)")
                precondition(residency.slot(of: row) == slot, "\(slot) holds \(row), which is said to be elsewhere")
                if residency.isPinned(row) { pinned += 1 }
            }
            precondition(used == state.usedCount, "\(used) slots are used, \(state.usedCount) are counted")
            precondition(pinned == state.pinnedSlotCount, "\(pinned) slots are pinned, not \(state.pinnedSlotCount)")
            precondition(policy.count == used - pinned, "the policy holds \(policy.count) of \(used - pinned) slots")
            precondition(state.pinnedCount <= pinQuota, "\(state.pinnedCount) pins of \(pinQuota)")
            precondition(Set(state.free).count == state.free.count, "a slot is free twice")
            for slot in state.free { precondition(slab.row(in: slot) == nil, "\(slot) is free and holds a row") }
            precondition(state.free.count + used <= state.neverUsed, "more slots than were given out")
        }
    }
}
