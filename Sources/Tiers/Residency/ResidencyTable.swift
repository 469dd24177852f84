internal import CKernels
internal import Synchronization
public import Vectors

/// Where each row's vector is at hand, and how hot the row is: one entry of 16 bytes a row, read by every query.
///
/// The table is a hint. What it leads to proves itself: a slot carries its row's number, and so does a block. Fields
/// are atomics of their own; there is no lock, and a reader may see a row's slot before or after its place changed.
/// Rows past the last ``grow(through:)`` are nowhere, and what is set for them is lost.
// Sendable is true because the entries are atomics and chunks never move before deinit; @safe because each access
// goes through the table's own bounds.
@safe public final class ResidencyTable: @unchecked Sendable {
    private let table: UnsafeMutablePointer<mv_table>
    private let growth = Mutex(())
    private let usesInEra = Atomic<Int>(0)
    private let currentEra = Atomic<UInt16>(0)
    private let eraLength = Atomic<Int>(Int.max)

    /// - Throws: ``TierError/outOfMemory(what:byteCount:)``.
    public init() throws(TierError) {
        precondition(MemoryLayout<mv_residency>.stride == 16)
        guard let table = unsafe mv_table_create(128) else {
            throw .outOfMemory(what: "residency table", byteCount: MemoryLayout<mv_table>.size)
        }
        unsafe self.table = table
    }

    deinit { unsafe mv_table_destroy(table) }

    /// Bytes of the chunks that exist.
    public var byteCount: Int { unsafe mv_table_bytes(table) }

    /// Makes entries for all rows up to `row`. Chunks hold 65,536 rows, 1 MiB. Any thread.
    public func grow(through row: Row) throws(TierError) {
        let last = row.number >> 16
        let failed = growth.withLock { _ in
            var chunk = last
            while unsafe mv_table_chunk(table, chunk << 16) == nil {
                guard unsafe mv_table_grow(table, chunk << 16) != nil else { return true }
                if chunk == 0 { break }
                chunk -= 1
            }
            return false
        }
        if failed { throw .outOfMemory(what: "residency table", byteCount: 1 << 20) }
    }

    // MARK: Where

    public func slot(of row: Row) -> SlotIndex? {
        guard let entry = unsafe mv_residency_at(table, row.number) else { return nil }
        let slot = unsafe mv_residency_slot(entry)
        return slot == 0 ? nil : SlotIndex(slot - 1)
    }

    /// Only the RAM tier calls it, after the slot's bytes and row number are in place.
    func setSlot(of row: Row, to slot: SlotIndex?) {
        guard let entry = unsafe mv_residency_at(table, row.number) else { return }
        unsafe mv_residency_set_slot(entry, slot.map { $0.number + 1 } ?? 0)
    }

    /// Block index * rows per block + position.
    public func place(of row: Row) -> UInt32? {
        guard let entry = unsafe mv_residency_at(table, row.number) else { return nil }
        let place = unsafe mv_residency_place(entry)
        return place == 0 ? nil : place - 1
    }

    /// Only the warm tier calls it, after the block is readable.
    func setPlace(of row: Row, to place: UInt32?) {
        guard let entry = unsafe mv_residency_at(table, row.number) else { return }
        unsafe mv_residency_set_place(entry, place.map { $0 + 1 } ?? 0)
    }

    /// Forgets the place if it still is `place`: the row may have been written anew elsewhere.
    func clearPlace(of row: Row, ifAt place: UInt32) {
        guard let entry = unsafe mv_residency_at(table, row.number) else { return }
        _ = unsafe mv_residency_replace_place(entry, place + 1, 0)
    }

    // MARK: Heat

    /// Uses of `row`, each era counting half of the one after it.
    public func uses(of row: Row) -> Int {
        guard let entry = unsafe mv_residency_at(table, row.number) else { return 0 }
        return unsafe Int(mv_residency_uses(entry, currentEra.load(ordering: .relaxed)))
    }

    /// Counts one use of `row` and returns its uses. Any thread; of two at once one may be lost.
    @discardableResult
    public func countUse(of row: Row) -> Int {
        guard let entry = unsafe mv_residency_at(table, row.number) else { return 0 }
        let counted = usesInEra.wrappingAdd(1, ordering: .relaxed).newValue
        let length = eraLength.load(ordering: .relaxed)
        if counted >= length, usesInEra.compareExchange(expected: counted, desired: 0, ordering: .relaxed).exchanged {
            beginEra()
        }
        return unsafe Int(mv_residency_count_use(entry, currentEra.load(ordering: .relaxed)))
    }

    /// The uses of up to `count` rows that have a place, drawn at random from those below `rowBound`: fewer when few
    /// rows have one.
    func sampleUses(of count: Int, below rowBound: Int, using random: inout some RandomNumberGenerator) -> [Int] {
        guard rowBound > 0 else { return [] }
        var out: [Int] = []
        // In a tier that holds one row in 200 this finds all it looks for; below, it gives up after some microseconds.
        var triesLeft = 256 * count
        while out.count < count && triesLeft > 0 {
            let row = Row(UInt32.random(in: 0..<UInt32(rowBound), using: &random))
            if place(of: row) != nil { out.append(uses(of: row)) }
            triesLeft -= 1
        }
        return out
    }

    /// Puts back what a heat file remembered.
    func setUses(of row: Row, to uses: Int) {
        guard let entry = unsafe mv_residency_at(table, row.number) else { return }
        unsafe mv_residency_set_uses(entry, currentEra.load(ordering: .relaxed), UInt16(clamping: uses))
    }

    /// Halves every counter: lazily, when it is next read. O(1).
    public func beginEra() { currentEra.wrappingAdd(1, ordering: .relaxed) }

    /// How many uses make an era: 10 for each row that the tier with admission by counters can hold. At least 1.
    public var usesPerEra: Int {
        get { eraLength.load(ordering: .relaxed) }
        set { eraLength.store(max(1, newValue), ordering: .relaxed) }
    }

    // MARK: Confirmation, code error, pins

    /// The tick in which the remote last confirmed the vector; 0: never. See ``TimeToLive``.
    func confirmedTick(of row: Row) -> UInt16 {
        guard let entry = unsafe mv_residency_at(table, row.number) else { return 0 }
        return unsafe mv_residency_confirmed(entry)
    }

    func setConfirmedTick(of row: Row, to tick: UInt16) {
        guard let entry = unsafe mv_residency_at(table, row.number) else { return }
        unsafe mv_residency_set_confirmed(entry, tick)
    }

    /// Sets back to "never" each confirmation that `isStale`. O(rows).
    func forgetConfirmations(_ isStale: (UInt16) -> Bool) {
        for chunk in UInt32(0)..<65_536 {
            guard unsafe mv_table_chunk(table, chunk << 16) != nil else { continue }
            for offset in UInt32(0)..<65_536 {
                guard let entry = unsafe mv_residency_at(table, chunk << 16 | offset) else { break }
                let tick = unsafe mv_residency_confirmed(entry)
                if tick != 0 && isStale(tick) { unsafe mv_residency_set_confirmed(entry, 0) }
            }
        }
    }

    /// Squared error of the row's code on the index's log scale of 256 steps.
    public func codeError(of row: Row) -> UInt8 {
        guard let entry = unsafe mv_residency_at(table, row.number) else { return 0 }
        return unsafe mv_residency_error(entry)
    }

    public func setCodeError(of row: Row, to error: UInt8) {
        guard let entry = unsafe mv_residency_at(table, row.number) else { return }
        unsafe mv_residency_set_error(entry, error)
    }

    public func isPinned(_ row: Row) -> Bool {
        guard let entry = unsafe mv_residency_at(table, row.number) else { return false }
        return unsafe mv_residency_is_pinned(entry)
    }

    /// Returns whether it changed anything.
    func setPinned(_ row: Row, _ pinned: Bool) -> Bool {
        guard let entry = unsafe mv_residency_at(table, row.number) else { return false }
        return unsafe pinned ? mv_residency_pin(entry) : mv_residency_unpin(entry)
    }

    /// Calls `body` with each row below `rowCount` that has uses, a slot or a place, smallest first.
    func forEachKnown(below rowCount: Int, _ body: (Row) -> Void) {
        let era = currentEra.load(ordering: .relaxed)
        var row = 0
        while row < rowCount {
            guard unsafe mv_table_chunk(table, UInt32(row)) != nil else {
                row = (row | 0xffff) + 1
                continue
            }
            if let entry = unsafe mv_residency_at(table, UInt32(row)),
                unsafe mv_residency_uses(entry, era) | mv_residency_slot(entry) | mv_residency_place(entry) != 0
            {
                body(Row(UInt32(row)))
            }
            row += 1
        }
    }

    /// For kernels: the table, alive as long as `self`.
    func withTable<R, E: Error>(_ body: (UnsafeMutablePointer<mv_table>) throws(E) -> R) throws(E) -> R {
        try unsafe body(table)
    }
}
