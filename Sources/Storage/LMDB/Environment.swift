internal import CLMDB
internal import Glibc
internal import Synchronization

/// One LMDB file, open.
///
/// Caveats of LMDB that bite: one environment per file and process (``EnvironmentRegistry`` sees to it); a reader held
/// open keeps every page of its moment, so the file grows; the map is address space, not memory; no network file
/// systems; a file that is cut while it is open ends the process. Every transaction here is scoped to a closure that is
/// not async, so none can be held across an `await`.
///
/// **After a failed commit.** LMDB writes pages that nothing refers to yet, syncs, and then names them in one of two
/// meta pages. Where the disk was full (or the map, or memory), nothing was named and the next commit writes all it
/// needs anew: the environment goes on. After any other failure nobody can know what the page cache holds, and the
/// environment refuses everything with ``StorageError/closedAfterFailure(path:cause:)``.
// Sendable is true because LMDB environments may be used from many threads, reader handles are used by one thread at a
// time (the pool hands each out once), and everything else is atomic or behind a mutex.
// @safe because every pointer LMDB gives is used only inside the transaction that gave it.
@safe public final class Environment: @unchecked Sendable {
    public struct Options: Sendable {
        /// Address space reserved for the map; the file cannot outgrow it.
        public var mapBytes = 1 << 40
        public var databaseLimit = 16
        /// Of all processes together. LMDB's own is 126; each takes 64 bytes of the lock file.
        public var readerLimit = 1022
        public var isReadOnly = false
        /// Whether a commit returns only when it is on disk.
        public var isSynced = true

        public init() {}
    }

    public let path: String
    public let options: Options
    let env: OpaquePointer
    /// Why everything is refused; nil while all is well.
    private let failure = Mutex<String?>(nil)
    private let hasFailed = Atomic<Bool>(false)
    private let isClosed = Atomic<Bool>(false)
    /// LMDB wants that no transaction opens a table while another one does, from the opening to its end.
    private let tableOpening = Mutex<Void>(())
    /// Reset read transactions, ready to be renewed.
    private let idleReaders = Mutex<[Reader]>([])

    // Sendable and safe: a handle is only passed around here, and used by one thread at a time.
    @safe struct Reader: @unchecked Sendable {
        let txn: OpaquePointer
    }

    /// Opens `path` (a file), making it if it is not there and `options` let us write.
    public init(path: String, options: Options = Options()) throws(StorageError) {
        self.path = path
        self.options = options
        var env: OpaquePointer?
        try Self.check(unsafe mdb_env_create(&env), "mdb_env_create", path)
        guard let env = unsafe env else { throw .database(code: ENOMEM, operation: "mdb_env_create", path: path) }
        unsafe self.env = unsafe env
        var flags = UInt32(MDB_NOSUBDIR) | UInt32(MDB_NOTLS) | UInt32(MDB_NORDAHEAD)
        if options.isReadOnly { flags |= UInt32(MDB_RDONLY) }
        if !options.isSynced { flags |= UInt32(MDB_NOSYNC) }
        // Everything is stored: what is thrown from here on runs deinit, which closes the handle.
        try Self.check(unsafe mdb_env_set_mapsize(env, options.mapBytes), "mdb_env_set_mapsize", path)
        try Self.check(unsafe mdb_env_set_maxdbs(env, UInt32(options.databaseLimit)), "mdb_env_set_maxdbs", path)
        try Self.check(
            unsafe mdb_env_set_maxreaders(env, UInt32(options.readerLimit)), "mdb_env_set_maxreaders", path)
        try Self.check(unsafe mdb_env_open(env, path, flags, 0o644), "open", path)
        // Readers that were killed would keep their moment, and the file would grow.
        var dead: Int32 = 0
        try Self.check(unsafe mdb_reader_check(env, &dead), "mdb_reader_check", path)
    }

    deinit { close() }

    /// Ends it. No transaction may be open or begin after. Done by ``EnvironmentRegistry`` and at the end of life.
    func close() {
        guard !isClosed.exchange(true, ordering: .sequentiallyConsistent) else { return }
        let readers = idleReaders.withLock { readers in
            defer { readers = [] }
            return readers
        }
        for reader in readers { unsafe mdb_txn_abort(reader.txn) }
        unsafe mdb_env_close(env)
    }

    // MARK: Transactions

    /// Runs `body` on one moment of the file.
    public func read<R: ~Copyable>(_ body: (borrowing ReadTransaction) throws -> R) throws -> R {
        let reader = try takeReader()
        defer { giveBack(reader) }
        return try body(unsafe ReadTransaction(txn: reader.txn, path: path))
    }

    /// Runs `body`, which opens tables, in a read transaction of its own: a handle that a transaction opened is closed
    /// unless that is committed, and those of the pool never are.
    func openTables<R: Sendable>(_ body: (borrowing ReadTransaction) throws -> R) throws -> R {
        try tableOpening.withLock { _ in try openTablesAlone(body) }
    }

    /// Runs `body`, which makes tables, in a write transaction.
    func makeTables<R: Sendable>(_ body: (borrowing WriteTransaction) throws -> R) throws -> R {
        try tableOpening.withLock { _ in try write(body) }
    }

    private func openTablesAlone<R>(_ body: (borrowing ReadTransaction) throws -> R) throws -> R {
        let txn = unsafe try begin(UInt32(MDB_RDONLY))
        let result: R
        do {
            result = try body(unsafe ReadTransaction(txn: txn, path: path))
        } catch {
            unsafe mdb_txn_abort(txn)
            throw error
        }
        try Self.check(unsafe mdb_txn_commit(txn), "commit read", path)
        return result
    }

    /// Runs `body` in the one write transaction and commits it; on any error nothing has changed.
    public func write<R>(_ body: (borrowing WriteTransaction) throws -> R) throws -> R {
        let txn = unsafe try begin(0)
        let result: R
        do {
            result = try body(unsafe WriteTransaction(txn: txn, path: path))
        } catch {
            unsafe mdb_txn_abort(txn)
            throw error
        }
        let code = unsafe mdb_txn_commit(txn)
        if code != 0 { throw commitFailure(code) }
        return result
    }

    /// Writes data and meta pages to disk. Needed only where commits are not synced.
    public func sync() throws(StorageError) {
        try refuseIfFailed()
        let code = unsafe mdb_env_sync(env, 1)
        if code != 0 { fail("sync failed: \(LMDBText.of(code))") }
        try Self.check(code, "sync", path)
    }

    /// Writes a copy of one moment to the new file `target`, compacted. Writers go on meanwhile.
    public func copy(to target: String) throws(StorageError) {
        try refuseIfFailed()
        let code = unsafe mdb_env_copy2(env, target, UInt32(MDB_CP_COMPACT))
        guard code == 0 else {
            let error = Self.failure(code, "copy to \(target)", target)
            unsafe _ = unlink(target)
            throw error
        }
    }

    // MARK: Failure

    /// Refuses everything from now on.
    func fail(_ cause: String) {
        failure.withLock { $0 = $0 ?? cause }
        hasFailed.store(true, ordering: .sequentiallyConsistent)
    }

    func refuseIfFailed() throws(StorageError) {
        guard hasFailed.load(ordering: .relaxed) else { return }
        throw .closedAfterFailure(path: path, cause: failure.withLock { $0 } ?? "unknown")
    }

    private func commitFailure(_ code: Int32) -> StorageError {
        switch code {
        case MDB_MAP_FULL, MDB_TXN_FULL, MDB_BAD_TXN, ENOMEM, ENOSPC, EDQUOT:
            return Self.failure(code, "commit", path)
        case EIO where Files.freeBytes(Files.folder(of: path)) < 1 << 20:
            // A disk that gets full in the middle of a write takes a part of it, which LMDB reports so.
            return .diskFull(path: path, operation: "commit")
        default:
            fail("commit failed: \(LMDBText.of(code))")
            return Self.failure(code, "commit", path)
        }
    }

    static func check(_ code: Int32, _ operation: String, _ path: String) throws(StorageError) {
        if code != 0 { throw failure(code, operation, path) }
    }

    /// `code`, which is not 0, as an error of ours.
    static func failure(_ code: Int32, _ operation: String, _ path: String) -> StorageError {
        switch code {
        case ENOSPC, EDQUOT: .diskFull(path: path, operation: operation)
        case MDB_MAP_FULL: .mapFull(path: path, operation: operation)
        case MDB_MAP_RESIZED: .mapOutgrown(path: path)
        case MDB_TXN_FULL: .transactionTooLarge(path: path)
        case MDB_READERS_FULL: .tooManyReaders(path: path)
        case MDB_PANIC: .closedAfterFailure(path: path, cause: LMDBText.of(code))
        case MDB_INVALID, MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_VERSION_MISMATCH, MDB_INCOMPATIBLE:
            .damaged(path: path, what: "\(operation): \(LMDBText.of(code))")
        default: .database(code: code, operation: operation, path: path)
        }
    }

    // MARK: Readers

    /// A transaction, which the caller ends.
    private func begin(_ flags: UInt32) throws(StorageError) -> OpaquePointer {
        try refuseIfFailed()
        var txn: OpaquePointer?
        try Self.check(unsafe mdb_txn_begin(env, nil, flags, &txn), "begin", path)
        guard let txn = unsafe txn else { throw .database(code: EINVAL, operation: "begin", path: path) }
        return unsafe txn
    }

    /// A reset reader that keeps its place in the lock file: renewing it cannot fail for want of one.
    func reserveReader() throws(StorageError) -> Reader {
        try refuseIfFailed()
        if let reader = idleReaders.withLock({ $0.popLast() }) { return reader }
        let txn = unsafe try begin(UInt32(MDB_RDONLY))
        unsafe mdb_txn_reset(txn)
        return unsafe Reader(txn: txn)
    }

    /// Gives back a reader that is reset.
    func returnReader(_ reader: Reader) { idleReaders.withLock { $0.append(reader) } }

    /// Runs `body` on the moment of now with a reserved reader, and returns that.
    func read<R>(with reader: Reader, _ body: (borrowing ReadTransaction) throws -> R) throws -> R {
        let code = unsafe mdb_txn_renew(reader.txn)
        guard code == 0 else {
            unsafe mdb_txn_abort(reader.txn)
            throw Self.failure(code, "renew", path)
        }
        defer { giveBack(reader) }
        return try body(unsafe ReadTransaction(txn: reader.txn, path: path))
    }

    private func takeReader() throws(StorageError) -> Reader {
        let reader = try reserveReader()
        let code = unsafe mdb_txn_renew(reader.txn)
        guard code == 0 else {
            unsafe mdb_txn_abort(reader.txn)
            throw Self.failure(code, "renew", path)
        }
        return reader
    }

    private func giveBack(_ reader: Reader) {
        unsafe mdb_txn_reset(reader.txn)
        returnReader(reader)
    }
}

/// The text of an LMDB or system error number.
enum LMDBText {
    static func of(_ code: Int32) -> String {
        unsafe mdb_strerror(code).map { unsafe String(cString: $0) } ?? "error"
    }
}
