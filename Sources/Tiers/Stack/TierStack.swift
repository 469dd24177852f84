public import Storage
internal import Synchronization
public import Vectors

/// The tiers as one: where a query's candidates are scored, and where what it used is remembered.
///
/// RAM over row blocks: in a local collection the blocks are the store itself and hold every row; in a remote one they
/// are the warm tier, and what is in neither is fetched from the cold store by the caller, who hands it to
/// ``noteUse(of:k:fetched:mode:)`` or ``fill(_:)``.
///
/// Queries take no lock: they pin the epoch and a read transaction for one pass over their candidates. Everything that
/// changes a tier happens afterwards, on threads of the tiers' own.
public final class TierStack: Sendable {
    public struct Settings: Sendable {
        public var metric: Metric
        public var ram: RAMTier.Settings
        /// How old cached bytes of a remote row may be; nil: any age.
        public var timeToLive: Duration?
        /// The nearest rows of an answer that count as used and may enter; at least 2k do.
        public var usedCount = 20
        /// How many may enter a tier that is under ``fillingShare`` full.
        public var usedCountWhileFilling = 50
        public var fillingShare = 0.8
        /// Uses with which a row in a block is copied to RAM.
        public var promotionMark = 1
        public var clock: any ColdClock = SystemClock()

        public init(metric: Metric, ram: RAMTier.Settings) {
            self.metric = metric
            self.ram = ram
        }
    }

    /// What is under RAM.
    public enum Base: Sendable {
        case local(Store)
        case remote(WarmTier.Settings)
        /// Nothing: what is not in RAM is cold.
        case none
    }

    public let settings: Settings
    public let residency: ResidencyTable
    public let ram: RAMTier
    public let warm: WarmTier?
    let blocks: (any BlockSource)?
    let live: LiveRows
    let gate: EpochGate
    let life: TimeToLive?
    let lookups = LookupCounts()
    let background: BoundedWorker<@Sendable () -> Void>
    let isClosed = Atomic<Bool>(false)
    let lastSweep: Atomic<Int>

    /// - Parameters:
    ///   - live: the store's; a row must be live there before it can enter a tier.
    ///   - gate: pinned by every lookup.
    ///   - rowCount: rows given so far; see ``grow(rowCount:)``.
    /// - Throws: ``TierError``, or ``StorageError`` when the warm folder cannot be made.
    public init(_ settings: Settings, base: Base, live: LiveRows, gate: EpochGate, rowCount: Int) throws {
        self.settings = settings
        self.live = live
        self.gate = gate
        residency = try ResidencyTable()
        if rowCount > 0 { try residency.grow(through: Row(UInt32(clamping: rowCount - 1))) }
        life = settings.timeToLive.map(TimeToLive.init)
        lastSweep = Atomic(life?.ticks(at: settings.clock.now) ?? 0)
        background = BoundedWorker(limit: 64) { $0() }
        switch base {
        case .local(let store):
            warm = nil
            blocks = store
        case .remote(let warmSettings):
            let tier = try WarmTier(warmSettings, residency: residency, live: live)
            warm = tier
            blocks = tier
        case .none:
            warm = nil
            blocks = nil
        }
        let warm = warm
        ram = try RAMTier(settings.ram, residency: residency, live: live, gate: gate) { row, vector in
            warm?.offerDemoted(row, vector)
        }
        // Ten uses for each row that the tier with admission by counters can hold; without one, that RAM can hold.
        residency.usesPerEra = 10 * max(1_000, warm?.rowCapacity ?? ram.slotCount)
    }

    /// Makes room for rows up to `rowCount`: called before they are seen live.
    public func grow(rowCount: Int) throws(TierError) {
        guard rowCount > 0 else { return }
        try residency.grow(through: Row(UInt32(clamping: rowCount - 1)))
    }

    /// Takes dead rows out of all tiers. Called after the commit that killed them and after `live` says so.
    public func remove(_ rows: some Collection<Row>) {
        ram.remove(rows)
        warm?.remove(rows)
    }

    /// Ends the threads and closes the warm file. No lookup may follow.
    public func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        background.close()
        ram.close()
        warm?.close()
    }

    /// What must be done every few seconds when nothing else happens: free what readers have let go, go on writing,
    /// forget confirmations that are out of date.
    public func maintain() {
        gate.collect()
        warm?.maintain()
        sweepConfirmations()
    }

    /// Returns when all that was noted before is in the tiers, or dropped. For tests, and before a measurement.
    public func drain() {
        background.drain()
        ram.drain()
        warm?.drain()
    }

    private func sweepConfirmations() {
        guard let life else { return }
        let now = life.ticks(at: settings.clock.now)
        let before = lastSweep.load(ordering: .relaxed)
        guard now - before >= TimeToLive.ticksPerSweep,
            lastSweep.compareExchange(expected: before, desired: now, ordering: .relaxed).exchanged
        else { return }
        _ = background.offer { [self] in
            let tick = life.tick(at: settings.clock.now)
            residency.forgetConfirmations { !TimeToLive.isFresh($0, now: tick) }
        }
    }
}

/// Where the candidates of all normal lookups were found.
final class LookupCounts: Sendable {
    let lookups = Atomic<Int>(0)
    let inRAM = Atomic<Int>(0)
    let inBlocks = Atomic<Int>(0)
    let missing = Atomic<Int>(0)
}
