internal import CLMDB
internal import Glibc
internal import Synchronization

/// The text of an LMDB or system error number.
enum LMDBText {
    static func of(_ code: Int32) -> String {
        unsafe mdb_strerror(code).map { unsafe String(cString: $0) } ?? "error"
    }
}

/// One LMDB file, open.
///
/// Caveats of LMDB that bite: one environment per file and process (``EnvironmentRegistry`` sees to it); a reader held
/// open keeps every page of its moment, so the file grows; the map is address space, not memory; no network file
/// systems. Every transaction here is scoped to a closure that is not async, so none can be held across an `await`.
// Sendable is true because LMDB environments may be used from many threads, reader handles are used by one thread at a
// time (the pool hands each out once), and everything else is atomic or behind a mutex.
// @safe because every pointer LMDB gives is used only inside the transaction that gave it.
@safe public final class Environment: @unchecked Sendable {
    public struct Options: Sendable {
        /// Address space reserved for the map; the file cannot outgrow it.
        public var mapBytes = 1 << 40
        public var databaseLimit = 16
        public var readerLimit = 1022
        public var isReadOnly = false
        /// Whether a commit returns only when it is on disk.
        public var isSynced = true

        public init() {}
    }

    public let path: String
    public let options: Options
    let env: OpaquePointer
    private let hasFailed = Atomic<Bool>(false)
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
        do throws(StorageError) {
            try Self.check(unsafe mdb_env_set_mapsize(env, options.mapBytes), "mdb_env_set_mapsize", path)
            try Self.check(
                unsafe mdb_env_set_maxdbs(env, UInt32(options.databaseLimit)), "mdb_env_set_maxdbs", path)
            try Self.check(
                unsafe mdb_env_set_maxreaders(env, UInt32(options.readerLimit)), "mdb_env_set_maxreaders", path)
            try Self.check(unsafe mdb_env_open(env, path, flags, 0o644), "open", path)
            var dead: Int32 = 0
            try Self.check(unsafe mdb_reader_check(env, &dead), "mdb_reader_check", path)
        } catch {
            unsafe mdb_env_close(env)
            throw error
        }
    }

    deinit {
        for reader in idleReaders.withLock({ $0 }) { unsafe mdb_txn_abort(reader.txn) }
        unsafe mdb_env_close(env)
    }

    /// Runs `body` on one moment of the file.
    public func read<R: ~Copyable>(_ body: (borrowing ReadTransaction) throws -> R) throws -> R {
        let reader = try takeReader()
        defer { giveBack(reader) }
        return try body(unsafe ReadTransaction(txn: reader.txn, path: path))
    }

    /// Runs `body`, which opens tables, in a read transaction of its own: a handle that a transaction opened is closed
    /// unless that is committed, and those of the pool never are.
    func openTables<R>(_ body: (borrowing ReadTransaction) throws -> R) throws -> R {
        var txn: OpaquePointer?
        try Self.check(unsafe mdb_txn_begin(env, nil, UInt32(MDB_RDONLY), &txn), "begin read", path)
        guard let txn = unsafe txn else {
            throw StorageError.database(code: EINVAL, operation: "begin read", path: path)
        }
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
        guard !hasFailed.load(ordering: .relaxed) else { throw StorageError.closedAfterFailure(path: path) }
        var txn: OpaquePointer?
        try Self.check(unsafe mdb_txn_begin(env, nil, 0, &txn), "begin", path)
        guard let txn = unsafe txn else { throw StorageError.database(code: EINVAL, operation: "begin", path: path) }
        let result: R
        do {
            result = try body(unsafe WriteTransaction(txn: txn, path: path))
        } catch {
            unsafe mdb_txn_abort(txn)
            throw error
        }
        let code = unsafe mdb_txn_commit(txn)
        if code != 0 {
            // The page cache may hold what the disk refused: nobody writes on over it.
            if code != MDB_MAP_FULL && code != ENOSPC { hasFailed.store(true, ordering: .relaxed) }
            try Self.check(code, "commit", path)
        }
        return result
    }

    /// Writes data and meta pages to disk. Needed only where commits are not synced.
    public func sync() throws(StorageError) {
        let code = unsafe mdb_env_sync(env, 1)
        if code != 0 { hasFailed.store(true, ordering: .relaxed) }
        try Self.check(code, "sync", path)
    }

    /// Writes a copy of one moment to the file `target`, compacted. Writers go on meanwhile.
    public func copy(to target: String) throws(StorageError) {
        try Self.check(unsafe mdb_env_copy2(env, target, UInt32(MDB_CP_COMPACT)), "copy to \(target)", path)
    }

    static func check(_ code: Int32, _ operation: String, _ path: String) throws(StorageError) {
        guard code != 0 else { return }
        if code == ENOSPC || code == MDB_MAP_FULL || code == EDQUOT {
            throw .diskFull(path: path, operation: operation)
        }
        if code == MDB_INVALID || code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND || code == MDB_VERSION_MISMATCH {
            throw .damaged(path: path, what: LMDBText.of(code))
        }
        throw .database(code: code, operation: operation, path: path)
    }

    private func takeReader() throws(StorageError) -> Reader {
        if let reader = idleReaders.withLock({ $0.popLast() }) {
            let code = unsafe mdb_txn_renew(reader.txn)
            if code == 0 { return reader }
            unsafe mdb_txn_abort(reader.txn)
            try Self.check(code, "renew", path)
        }
        var txn: OpaquePointer?
        try Self.check(unsafe mdb_txn_begin(env, nil, UInt32(MDB_RDONLY), &txn), "begin read", path)
        guard let txn = unsafe txn else { throw .database(code: EINVAL, operation: "begin read", path: path) }
        return unsafe Reader(txn: txn)
    }

    private func giveBack(_ reader: Reader) {
        unsafe mdb_txn_reset(reader.txn)
        idleReaders.withLock { $0.append(reader) }
    }
}
