internal import CKernels
internal import Glibc
internal import Synchronization
internal import Vectors

/// The durable truth of a collection: keys, rows, metadata, journal, intents, and in a local collection the vectors.
///
/// One LMDB transaction moves it from one right state to the next. Acknowledged means committed and synced.
/// Any number of readers, one writer at a time; the writer's effects on ``live`` and ``blockTable`` are published after
/// its commit.
///
/// Caveats: a transaction is scoped to a closure that is not async; what a reader is given is gone when it returns.
/// After a failed commit or sync every later write throws ``StorageError/closedAfterFailure(path:)``.
// Sendable is true because tables and options are set once, and the rest is behind atomics, mutexes, or LMDB itself.
public final class Store: Sendable {
    /// What is fixed for the life of a generation.
    public struct Shape: Sendable, Equatable {
        public var dimension: Int
        public var holdsVectors: Bool
        public var generation: UInt32
        public var hashSeed: UInt64

        public init(dimension: Int, holdsVectors: Bool, generation: UInt32, hashSeed: UInt64) {
            self.dimension = dimension
            self.holdsVectors = holdsVectors
            self.generation = generation
            self.hashSeed = hashSeed
        }
    }

    public let shape: Shape
    public let layout: BlockLayout
    /// Which rows are live: a copy in RAM, changed after each commit.
    public let live: LiveRows
    /// Where the blocks of a local collection lie.
    public let blockTable: BlockTable
    public let isReadOnly: Bool

    let environment: Environment
    let tables: StoreTables
    private let published: Mutex<StoreCounters>

    public var path: String { environment.path }

    /// Opens `folder/data.mdb`, and makes it if it is not there and we may write.
    ///
    /// - Parameter mapBytes: address space of the map, which the file cannot outgrow; nil takes what the disk can hold.
    public init(
        folder: String, shape: Shape, readOnly: Bool = false, mapBytes: Int? = nil
    ) throws {
        self.shape = shape
        isReadOnly = readOnly
        layout = BlockLayout(dimension: shape.dimension)
        let path = folder + "/data.mdb"
        if !readOnly { try Files.makeFolder(folder) }
        let size = try Files.byteCount(path)
        if readOnly, size == nil { throw StorageError.damaged(path: path, what: "it is not there") }
        var options = Environment.Options()
        options.isReadOnly = readOnly
        options.mapBytes = mapBytes ?? max(64 << 30, min(1 << 42, 2 * (Files.freeBytes(folder) + (size ?? 0))))
        environment = try EnvironmentRegistry.environment(path: path, options: options)
        if readOnly || environment.options.isReadOnly {
            tables = try environment.openTables { try StoreTables($0, create: false) }
        } else {
            tables = try environment.write { try StoreTables($0, create: true) }
        }
        live = try LiveRows()
        blockTable = try BlockTable()
        published = Mutex(StoreCounters())
        try refresh()
    }

    /// The state of the last commit whose effects are published.
    public var counters: StoreCounters { published.withLock { $0 } }

    /// Runs `body` on one moment of the store.
    public func read<R>(_ body: (borrowing StoreReader) throws -> R) throws -> R {
        try environment.read { txn in
            try body(unsafe StoreReader(txn: txn.txn, path: txn.path, store: self))
        }
    }

    /// Runs `body` in the write transaction, commits, syncs, and publishes what it did. On any error nothing changed.
    ///
    /// - Parameter committed: runs after the commit and before the new rows are seen live: what makes them findable.
    public func write<R>(
        _ body: (borrowing StoreWriter) throws -> R, committed: (R) -> Void = { _ in }
    ) throws -> R {
        let changes = StoreChanges()
        let result = try environment.write { txn in
            let writer = unsafe StoreWriter(txn: txn.txn, path: txn.path, store: self, changes: changes)
            try writer.begin()
            let result = try body(writer)
            try writer.finish()
            return result
        }
        FaultPoint.reached("store.committed")
        try publishBlocks(changes.newBlocks)
        committed(result)
        for row in changes.born where !changes.died.contains(row) { try live.set(row, live: true) }
        for row in changes.died { try live.set(row, live: false) }
        published.withLock { $0 = changes.counters }
        FaultPoint.reached("store.published")
        return result
    }

    /// Reads live rows and block addresses anew: at open, and in a reader when another process has written.
    public func refresh() throws {
        try environment.read { txn in
            let reader = unsafe StoreReader(txn: txn.txn, path: txn.path, store: self)
            try reader.loadLive(into: live)
            if shape.holdsVectors { try reader.loadBlocks(into: blockTable, from: 0) }
            let counters = try reader.counters()
            published.withLock { $0 = counters }
        }
    }

    /// Copies one moment of the store to `folder/data.mdb`, compacted, while writers go on.
    public func copy(toFolder folder: String) throws {
        try Files.makeFolder(folder)
        try environment.copy(to: folder + "/data.mdb")
        try Files.sync(folder + "/data.mdb")
    }

    func hash(_ key: VectorKey) -> KeyHash {
        var text = key.text
        return text.withUTF8 { unsafe KeyHash(UnsafeRawBufferPointer($0), seed: shape.hashSeed) }
    }

    /// The seeded XXH3-128 of `bytes`, as 16 bytes.
    func seededHash(_ bytes: [UInt8]) -> [UInt8] {
        unsafe bytes.withUnsafeBytes { unsafe KeyHash($0, seed: shape.hashSeed) }.withBytes { unsafe Array($0) }
    }

    private func publishBlocks(_ blocks: [UInt32]) throws {
        guard !blocks.isEmpty else { return }
        try environment.read { txn in
            for block in blocks {
                let value = unsafe try txn.get(tables.blocks, block)
                unsafe try blockTable.set(block, value?.baseAddress)
            }
        }
    }
}

/// The seeded XXH3-128 of a key, as the table `keys` is keyed: high word first, each with its high byte first.
struct KeyHash {
    private var high: UInt64
    private var low: UInt64

    init(_ bytes: UnsafeRawBufferPointer, seed: UInt64) {
        let hash = unsafe mv_hash128_of(bytes.baseAddress, bytes.count, seed)
        high = hash.high.bigEndian
        low = hash.low.bigEndian
    }

    func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        unsafe try withUnsafeBytes(of: self) { unsafe try body($0) }
    }
}
