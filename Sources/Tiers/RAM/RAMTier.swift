public import Storage
internal import Synchronization
public import Vectors

/// The hot vectors in RAM: a slab of fixed slots, an eviction policy over them, and a background worker that lets
/// rows in after the answers that used them.
///
/// Queries read slots under an epoch and take no lock. A slot that was given up is unlinked first (residency entry,
/// then the slot's row number) and written again only when the epoch gate says that no query is left that could have
/// seen it. Dead rows are taken out by ``remove(_:)``, called after the commit that killed them.
///
/// Bound: the slab never exceeds the budget; batches wait in a queue with a limit, beyond it they are dropped and
/// counted; so are rows for which no slot gets free in time.
public final class RAMTier: Sendable {
    public struct Settings: Sendable {
        public var dimension: Int
        /// Of the slab. Below one slot there is no RAM tier: every row is a miss in it.
        public var budgetBytes: Int
        public var eviction = EvictionPolicyKind.s3fifo
        /// In place of that: a policy that the program registered.
        public var policyMaker: EvictionPolicies.Maker?
        /// The share of the slots that pinned rows may take.
        public var pinShare = 0.5
        /// Batches that may wait for the worker.
        public var queueLimit = 256
        /// How often admission looks again for a slot that queries still hold, 50 microseconds apart.
        public var slotPatience = 200

        public init(dimension: Int, budgetBytes: Int) {
            self.dimension = dimension
            self.budgetBytes = budgetBytes
        }
    }

    /// What the tier's structure lock guards, beside the policy.
    struct State {
        /// Slots given back; slots from `neverUsed` on were never given out.
        var free: [SlotIndex] = []
        var neverUsed = 0
        /// Slots with a row in them.
        var usedCount = 0
        /// Rows with the pin flag, in RAM or not.
        var pinnedCount = 0
        /// Slots held by pinned rows: these are not the policy's.
        var pinnedSlotCount = 0
        var admittedCount = 0
        var evictedCount = 0
        var removedCount = 0
        var withoutSlotCount = 0
        var refusedRowCount = 0
    }

    public let settings: Settings
    public var slotCount: Int { slab.slotCount }
    /// The rows that may be pinned.
    public let pinQuota: Int

    let slab: Slab
    let residency: ResidencyTable
    let live: LiveRows
    let gate: EpochGate
    let policy: any EvictionPolicy
    let state = Mutex(State())
    /// Slots that the gate has let go and that nobody has collected yet.
    let returned = ReturnedSlots()
    /// Called with each row that the policy gives up, before its slot can be written again; on the admitting thread.
    let takenOut: @Sendable (Row, Span<Float>) -> Void
    private let worker = Mutex<BoundedWorker<Admission>?>(nil)

    struct Admission: Sendable {
        let rows: [Row]
        let source: any VectorSource
    }

    final class ReturnedSlots: Sendable {
        private let slots = Mutex<[SlotIndex]>([])

        func append(_ more: [SlotIndex]) { slots.withLock { $0.append(contentsOf: more) } }
        func takeAll() -> [SlotIndex] {
            slots.withLock { slots in
                defer { slots = [] }
                return slots
            }
        }
    }

    /// - Parameters:
    ///   - gate: the one that queries pin while they read slots.
    ///   - takenOut: may demote the row; it must not call back into this tier.
    /// - Throws: ``TierError/outOfMemory(what:byteCount:)``.
    public init(
        _ settings: Settings, residency: ResidencyTable, live: LiveRows, gate: EpochGate,
        takenOut: @escaping @Sendable (Row, Span<Float>) -> Void = { _, _ in }
    ) throws(TierError) {
        self.settings = settings
        self.residency = residency
        self.live = live
        self.gate = gate
        self.takenOut = takenOut
        slab = try Slab(budgetBytes: settings.budgetBytes, dimension: settings.dimension)
        pinQuota = Int(Double(slab.slotCount) * min(1, max(0, settings.pinShare)))
        let capacity = max(1, slab.slotCount)
        policy = settings.policyMaker?(capacity) ?? settings.eviction.make(capacity: capacity)
        guard slab.slotCount > 0 else { return }
        let started = BoundedWorker<Admission>(limit: settings.queueLimit) { [weak self] in
            _ = self?.admitNow($0.rows, from: $0.source)
        }
        worker.withLock { $0 = started }
    }

    /// Ends the worker; what waits is dropped. Reading stays possible.
    public func close() {
        let ended = worker.withLock { worker in
            defer { worker = nil }
            return worker
        }
        ended?.close()
    }

    // MARK: Use

    /// Counts a use of the slot that holds `row`, if one does. One relaxed store.
    public func touch(_ row: Row) {
        guard let slot = residency.slot(of: row), slot.index < slotCount else { return }
        policy.touch(slot)
    }

    /// Calls `body` with the vector of `row` if RAM holds it.
    public func withVector<R>(of row: Row, _ body: (Span<Float>) -> R) -> R? {
        gate.pinned {
            guard let slot = residency.slot(of: row), slab.row(in: slot) == row else { return nil }
            return slab.withVector(in: slot, body)
        }
    }

    // MARK: Admission in the background

    /// Has the worker let `rows` in, copied from `source`. Never waits. False when the queue was full: the rows are
    /// dropped and counted.
    @discardableResult
    public func offer(_ rows: [Row], from source: any VectorSource) -> Bool {
        guard slotCount > 0 else { return false }
        let taken = worker.withLock { $0 }?.offer(Admission(rows: rows, source: source)) ?? false
        if !taken { state.withLock { $0.refusedRowCount += rows.count } }
        return taken
    }

    /// Returns when all that was offered before is in, or dropped.
    public func drain() { worker.withLock { $0 }?.drain() }

    // MARK: Numbers

    public struct Statistics: Sendable, Equatable {
        public var slotCount = 0
        public var usedCount = 0
        public var pinnedCount = 0
        public var admittedCount = 0
        /// Given up by the policy.
        public var evictedCount = 0
        /// Taken out because they were dead.
        public var removedCount = 0
        /// Dropped because the worker's queue was full.
        public var refusedRowCount = 0
        /// Dropped because queries held every slot that was given up, or all slots were pinned.
        public var withoutSlotCount = 0
        /// Of the slab: what the budget counts.
        public var slabBytes = 0
        /// Of the policy and of the slots' row numbers, beside the budget, as far as slots were ever used.
        public var overheadBytes = 0

        public init() {}
    }

    public var statistics: Statistics {
        state.withLock { state in
            var out = Statistics()
            out.slotCount = slotCount
            out.usedCount = state.usedCount
            out.pinnedCount = state.pinnedCount
            out.admittedCount = state.admittedCount
            out.evictedCount = state.evictedCount
            out.removedCount = state.removedCount
            out.refusedRowCount = state.refusedRowCount
            out.withoutSlotCount = state.withoutSlotCount
            out.slabBytes = slab.byteCount
            out.overheadBytes = slotCount == 0 ? 0 : (policy.byteCount + 4 * slotCount) / slotCount * state.neverUsed
            return out
        }
    }

    /// The share of the slots that hold a row, 0...1; 1 when there are no slots.
    public var fillShare: Double {
        slotCount == 0 ? 1 : Double(state.withLock { $0.usedCount }) / Double(slotCount)
    }
}
