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
/// Caveats: a transaction is scoped to a closure that is not async; what a reader is given is gone when it returns; a
/// reader that stays open keeps what is freed meanwhile from being used again, so the file grows. After a failed commit
/// or sync everything throws ``StorageError/closedAfterFailure(path:cause:)``.
// Sendable is true because tables and options are set once, and the rest is behind atomics, mutexes, or LMDB itself.
public final class Store: Sendable {
    /// What is fixed for the life of a generation. It is kept in the store, and must be the same at each open.
    public struct Shape: Sendable, Equatable {
        public var dimension: Int
        /// False in a remote collection, whose vectors are elsewhere.
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

    public enum Access: Sendable {
        /// The file must not be there, and is made.
        case create
        /// The file must be there. The caller sees to it that one process at a time writes (``FolderLock``).
        case readWrite
        /// Beside a writer of this or another process.
        case readOnly
    }

    public static let fileName = "data.mdb"

    public let shape: Shape
    public let layout: BlockLayout
    /// Which rows are live: a copy in RAM, changed after each commit.
    public let live: LiveRows
    /// Where the blocks of a local collection lie.
    public let blockTable: BlockTable
    public let access: Access

    let tables: StoreTables
    /// All ones. Tests cut it to a few bits, so that keys collide.
    let keyHashMask: UInt64
    private let lease: EnvironmentLease
    private let published: Mutex<StoreCounters>
    private let terms: Mutex<Database?>

    var environment: Environment { lease.environment }
    public var path: String { environment.path }
    public var isReadOnly: Bool { access == .readOnly }

    /// Opens or makes `folder/data.mdb`.
    ///
    /// - Parameter mapBytes: address space of the map, which the file cannot outgrow; nil takes what the disk can hold.
    /// - Throws: ``StorageError/missing(path:)``, ``StorageError/alreadyExists(path:)``,
    ///   ``StorageError/damaged(path:what:)``, ``StorageError/otherCollection(path:what:found:expected:)``, and others.
    public convenience init(folder: String, shape: Shape, access: Access, mapBytes: Int? = nil) throws {
        try self.init(folder: folder, shape: shape, access: access, mapBytes: mapBytes, keyHashMask: .max)
    }

    init(folder: String, shape: Shape, access: Access, mapBytes: Int?, keyHashMask: UInt64) throws {
        self.shape = shape
        self.access = access
        self.keyHashMask = keyHashMask
        layout = BlockLayout(dimension: shape.dimension)
        let path = folder + "/" + Self.fileName
        let size = try Files.byteCount(path)
        if access == .create {
            guard size == nil else { throw StorageError.alreadyExists(path: path) }
            try Files.makeFolder(folder)
        } else {
            guard size != nil else { throw StorageError.missing(path: path) }
            try FileHead.check(path)
        }
        var options = Environment.Options()
        options.isReadOnly = access == .readOnly
        options.mapBytes = mapBytes ?? max(64 << 30, min(1 << 42, 2 * (Files.freeBytes(folder) + (size ?? 0))))
        lease = try EnvironmentRegistry.lease(path: path, options: options)
        let environment = lease.environment
        if access == .create {
            tables = try environment.makeTables { txn in
                let tables = try StoreTables(txn, create: true)
                try StoreIdentity(shape).store(txn, tables)
                return tables
            }
            terms = Mutex(nil)
        } else {
            let opened = try environment.openTables { txn in
                let tables = try StoreTables(txn, create: false)
                try StoreIdentity(shape).check(txn, tables)
                return (tables, try StoreTables.terms(txn, create: false))
            }
            tables = opened.0
            terms = Mutex(opened.1)
        }
        live = try LiveRows()
        blockTable = try BlockTable()
        published = Mutex(StoreCounters())
        try refresh()
    }

    /// The state of the last commit whose effects are published.
    public var counters: StoreCounters { published.withLock { $0 } }

    /// Nil until ``prepareText()``.
    var termTable: Database? { terms.withLock { $0 } }

    /// Makes or opens the table that text fields need, in a transaction of its own. Not to be called in another one.
    ///
    /// To be called before a text field is added, and by readers before they look for one.
    public func prepareText() throws {
        try terms.withLock { terms in
            guard terms == nil else { return }
            terms =
                isReadOnly
                ? try environment.openTables { try StoreTables.terms($0, create: false) }
                : try environment.makeTables { try StoreTables.terms($0, create: true) }
        }
    }

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
        guard !isReadOnly else { throw StorageError.readOnly(path: path) }
        let changes = StoreChanges()
        // Whatever could fail after the commit is done before it: the caller must not be told of a failure then.
        let reader = try environment.reserveReader()
        let result: R
        do {
            result = try environment.write { txn in
                let writer = unsafe StoreWriter(txn: txn.txn, path: txn.path, store: self, changes: changes)
                try writer.begin()
                FaultPoint.reached("store.begin")
                let result = try body(writer)
                try writer.finish()
                try reserveTables(changes)
                FaultPoint.reached("store.commit")
                return result
            }
        } catch {
            environment.returnReader(reader)
            throw error
        }
        FaultPoint.reached("store.committed")
        publish(changes, reader) { committed(result) }
        FaultPoint.reached("store.published")
        return result
    }

    private func reserveTables(_ changes: StoreChanges) throws {
        if changes.firstRow < changes.counters.nextRow {
            try live.grow(from: Row(UInt32(changes.firstRow)), through: Row(UInt32(changes.counters.nextRow - 1)))
        }
        for block in changes.newBlocks { try blockTable.grow(through: block) }
    }

    private func publish(_ changes: StoreChanges, _ reader: Environment.Reader, findable: () -> Void) {
        do {
            try environment.read(with: reader) { txn in
                for block in changes.newBlocks {
                    unsafe try blockTable.set(block, try txn.get(tables.blocks, block)?.baseAddress)
                }
            }
            FaultPoint.reached("store.blocks")
            findable()
            for number in changes.firstRow..<changes.counters.nextRow {
                let row = Row(UInt32(number))
                if !changes.died.contains(row) { try live.set(row, live: true) }
            }
            for row in changes.died { try live.set(row, live: false) }
            published.withLock { $0 = changes.counters }
        } catch {
            // It is on disk, so the write has succeeded; but what this process believes is no longer what is there.
            environment.fail("a commit could not be published: \(error)")
        }
    }

    /// Reads live rows and block addresses anew: at open, and in a reader when another process has written.
    ///
    /// - Parameter before: runs in the same moment of the store and before its new rows are seen live: what makes them
    ///   findable.
    public func refresh(before: (borrowing StoreReader) throws -> Void = { _ in }) throws {
        try environment.read { txn in
            let reader = unsafe StoreReader(txn: txn.txn, path: txn.path, store: self)
            let counters = try reader.counters()
            // Blocks are written once and never moved: those that were complete before are known.
            let known = published.withLock { $0.nextRow } / UInt64(layout.rowsPerBlock)
            if shape.holdsVectors { try reader.loadBlocks(into: blockTable, from: UInt32(known)) }
            try before(reader)
            try reader.loadLive(into: live)
            published.withLock { $0 = counters }
        }
    }

    /// Copies one moment of the store to `folder/data.mdb`, compacted, while writers go on.
    ///
    /// - Throws: ``StorageError/alreadyExists(path:)``, ``StorageError/diskFull(path:operation:)``; no file is left
    ///   then.
    public func copy(toFolder folder: String) throws {
        try Files.makeFolder(folder)
        let target = folder + "/" + Self.fileName
        guard try Files.byteCount(target) == nil else { throw StorageError.alreadyExists(path: target) }
        let aside = target + ".new"
        try Files.remove(aside)
        try environment.copy(to: aside)
        try Files.sync(aside)
        try Files.rename(aside, to: target)
    }

    func hash(_ key: VectorKey) -> KeyHash {
        var text = key.text
        return text.withUTF8 { unsafe KeyHash(UnsafeRawBufferPointer($0), seed: shape.hashSeed, mask: keyHashMask) }
    }

    /// The seeded XXH3-128 of `bytes`, as 16 bytes.
    func seededHash(_ bytes: [UInt8]) -> [UInt8] {
        unsafe bytes.withUnsafeBytes { unsafe KeyHash($0, seed: shape.hashSeed) }.withBytes { unsafe Array($0) }
    }
}

/// The seeded XXH3-128 of a key, as the table `keys` is keyed: high word first, each with its high byte first.
struct KeyHash: Equatable, Comparable {
    private var high: UInt64
    private var low: UInt64

    init(_ bytes: UnsafeRawBufferPointer, seed: UInt64, mask: UInt64 = .max) {
        let hash = unsafe mv_hash128_of(bytes.baseAddress, bytes.count, seed)
        high = (hash.high & mask).bigEndian
        low = (hash.low & mask).bigEndian
    }

    func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        unsafe try withUnsafeBytes(of: self) { unsafe try body($0) }
    }

    /// In the order of LMDB's keys.
    static func < (a: KeyHash, b: KeyHash) -> Bool {
        (a.high.bigEndian, a.low.bigEndian) < (b.high.bigEndian, b.low.bigEndian)
    }
}
