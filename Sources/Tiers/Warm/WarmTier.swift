public import Storage
internal import Synchronization
public import Vectors

/// The warm vectors of a remote collection on the local disk: row blocks in an LMDB file of their own, a cache that may
/// vanish at any moment.
///
/// A row enters when it is hotter by two uses than the coldest of a sample of those that are in (exact counters). Rows
/// are collected in RAM until a block is full; a thread writes blocks under a budget in bytes a second, and drops the
/// coldest when it falls behind. The oldest block goes first; up to half of its rows, the hotter ones, are appended
/// again. Queries read blocks in place, inside a read transaction, and believe a block that carries the row.
///
/// Caveats:
/// * The file is not synced, so a power cut may break it: ``WarmMark`` says whether it is opened, ``PageWalker`` that
///   it can be opened without harm, and each block's checksum that its rows are right. Opening goes on in the
///   background; until it is done the tier is empty.
/// * A reader that is held keeps freed pages from being used again. The file never passes 1.1 of its budget: writing
///   stops at 1.05, and while a reader is older than 5 s.
/// * One process. Read-only opens of other processes do not use the warm file.
public final class WarmTier: Sendable {
    public struct Settings: Sendable {
        public var folder: String
        public var dimension: Int
        public var generation: UInt32
        /// Of the file.
        public var budgetBytes: Int
        /// What the writer may write, copies of hot rows included; nil: as much as it can.
        public var writeBytesPerSecond: Int?
        /// The file is to hold every row and to survive a power cut: every row is let in, and commits are synced.
        public var isMirror = false
        /// Blocks' worth of rows that wait in RAM when writing falls behind.
        public var pendingBlocks = 4
        /// Batches that may wait for the thread.
        public var queueLimit = 256
        /// How many rows an admission is compared with.
        public var sampleSize = 16
        public var seed: UInt64 = 1
        /// Of the machine; nil asks the kernel.
        public var bootID: String?
        public var clock: any ColdClock = SystemClock()

        public init(folder: String, dimension: Int, generation: UInt32, budgetBytes: Int) {
            self.folder = folder
            self.dimension = dimension
            self.generation = generation
            self.budgetBytes = budgetBytes
        }
    }

    public struct Statistics: Sendable, Equatable {
        public var budgetBytes = 0
        /// Up to the last page in use.
        public var fileBytes = 0
        public var blockCount = 0
        /// Rows in blocks, dead and superseded ones among them.
        public var rowCount = 0
        public var pendingRowCount = 0
        /// Rows written for the first time since they were last in.
        public var admittedCount = 0
        /// Hot rows of evicted blocks that were appended again.
        public var reappendedCount = 0
        public var evictedCount = 0
        /// Not hotter than what is in.
        public var refusedCount = 0
        /// Dropped because writing fell behind, or was paused, or failed.
        public var droppedCount = 0
        public var writtenBytes = 0
        public var commitCount = 0
        public var recreationCount = 0
        public var damagedBlockCount = 0
        public var failureCount = 0
        /// True until what the file held is in the table.
        public var isOpening = false

        public init() {}
    }

    enum Job: Sendable {
        case open
        case admit([Row], any VectorSource)
        case maintain
    }

    public let settings: Settings
    public let layout: BlockLayout
    /// Rows that the budget holds.
    public let rowCapacity: Int
    let residency: ResidencyTable
    let live: LiveRows
    /// The file that queries read; nil while there is none.
    let current = Mutex<BlockFile?>(nil)
    /// What the thread works with. Queries never take it.
    let writer: Mutex<WarmWriter>
    private let worker = Mutex<BoundedWorker<Job>?>(nil)
    private let refusedJobRows = Atomic<Int>(0)
    private let maintenanceWaits = Atomic<Bool>(false)
    /// Copies for whoever must not wait for the writer.
    let blocksInUse = Atomic<Int>(0)
    let published: Mutex<Statistics>

    /// Opens the folder in the background. Whatever is wrong with what lies there, it begins empty instead.
    /// - Throws: ``StorageError`` when the folder cannot be made.
    public init(_ settings: Settings, residency: ResidencyTable, live: LiveRows) throws(StorageError) {
        self.settings = settings
        self.residency = residency
        self.live = live
        layout = BlockLayout(dimension: settings.dimension)
        let first = WarmWriter(settings, layout)
        rowCapacity = first.blockLimit * layout.rowsPerBlock
        published = Mutex(first.counts)
        writer = Mutex(first)
        try Files.makeFolder(settings.folder)
        let started = BoundedWorker<Job>(limit: settings.queueLimit + 1) { [weak self] job in self?.work(job) }
        worker.withLock { $0 = started }
        _ = started.offer(.open)
    }

    /// The share of the blocks that the budget allows which are in use, 0...1; 1 when it allows none.
    public var fillShare: Double {
        rowCapacity == 0 ? 1 : Double(blocksInUse.load(ordering: .relaxed) * layout.rowsPerBlock) / Double(rowCapacity)
    }

    private func work(_ job: Job) {
        switch job {
        case .open: openFile()
        case .admit(let rows, let source): admit(rows, from: source)
        case .maintain:
            maintenanceWaits.store(false, ordering: .relaxed)
            writeWhatCanBe()
        }
    }

    /// Writes what waits, syncs, and marks the file clean, so that it is believed after the next boot too.
    public func close() {
        let ended = worker.withLock { worker in
            defer { worker = nil }
            return worker
        }
        guard let ended else { return }
        ended.drain()
        ended.close()
        closeFile()
    }

    // MARK: Rows come and go

    /// Has the thread look at `rows`, which were just used, and let in those that are hot enough. Never waits; false
    /// when too much waits already, which is counted.
    @discardableResult
    public func offer(_ rows: [Row], from source: any VectorSource) -> Bool {
        guard !rows.isEmpty else { return true }
        if worker.withLock({ $0 })?.offer(.admit(rows, source)) == true { return true }
        refusedJobRows.wrappingAdd(rows.count, ordering: .relaxed)
        return false
    }

    /// A row that leaves RAM: written if it is hot enough and has no place yet.
    public func offerDemoted(_ row: Row, _ vector: Span<Float>) {
        guard residency.place(of: row) == nil, residency.uses(of: row) > 0 else { return }
        var vectors = RowVectors(dimension: layout.dimension)
        vectors.append(row, vector)
        offer([row], from: vectors)
    }

    /// Lets `vectors` in without asking how hot they are, as far as the budget goes without evicting: for a mirror, and
    /// for warming up. Waits for the disk. Returns how many are in.
    public func store(_ vectors: RowVectors) -> Int {
        drain()
        return storeNow(vectors)
    }

    /// Forgets dead rows. Their bytes go with their block.
    public func remove(_ rows: some Sequence<Row>) {
        for row in rows { residency.setPlace(of: row, to: nil) }
    }

    /// Goes on with what a held reader, the write budget or a full disk stopped. Called every few seconds by the owner.
    public func maintain() {
        // One at a time: work of this kind must not crowd out rows.
        guard !maintenanceWaits.exchange(true, ordering: .relaxed) else { return }
        if worker.withLock({ $0 })?.offer(.maintain) != true { maintenanceWaits.store(false, ordering: .relaxed) }
    }

    /// Returns when all that was offered before is in, or dropped.
    public func drain() { worker.withLock { $0 }?.drain() }

    public var statistics: Statistics {
        var out = published.withLock { $0 }
        out.droppedCount += refusedJobRows.load(ordering: .relaxed)
        out.budgetBytes = settings.budgetBytes
        out.fileBytes = current.withLock { $0 }?.usedByteCount ?? 0
        return out
    }
}

extension WarmTier: BlockSource {
    public var placesAreRows: Bool { false }

    public func reading<R>(_ body: (BlockTable?) throws -> R) throws -> R {
        guard let file = current.withLock({ $0 }) else { return try body(nil) }
        return try file.read { try body(file.table) }
    }

    public func withLooseVector(of row: Row, _ body: (Span<Float>) -> Void) -> Bool { false }
}
