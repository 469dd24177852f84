internal import CLMDB
internal import Glibc

/// A named table of an environment. Opened once, in a write transaction (or read, where it exists), used in all.
public struct Database: Sendable {
    let handle: UInt32

    /// What keys and values look like to LMDB.
    public struct Kind: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        public static let bytes: Kind = []
        /// Keys are native unsigned integers, all of one size.
        public static let integerKeys = Kind(rawValue: UInt32(MDB_INTEGERKEY))
        /// A key has many values, each a 32-bit row, kept in order.
        public static let rowLists = Kind(
            rawValue: UInt32(MDB_DUPSORT) | UInt32(MDB_DUPFIXED) | UInt32(MDB_INTEGERDUP))
    }
}

/// What both kinds of transaction can do. Pointers that it gives live until the transaction ends, or in a write
/// transaction until the next write; they never leave the closure they are given to.
protocol Transaction: ~Copyable {
    var txn: OpaquePointer { get }
    var path: String { get }
}

/// A transaction that may also change the file.
protocol WritingTransaction: Transaction, ~Copyable {}

/// One moment of the file. It cannot outlive the closure it was given to.
@safe public struct ReadTransaction: ~Copyable, Transaction {
    let txn: OpaquePointer
    let path: String

    // Spelled out, and not inlined: Swift 6.3.1 -O stops with an assertion when it specialises a caller that builds a
    // non-copyable struct out of a borrowed string.
    @inline(never)
    init(txn: OpaquePointer, path: String) {
        unsafe self.txn = unsafe txn
        self.path = path
    }
}

/// The one write transaction.
@safe public struct WriteTransaction: ~Copyable, WritingTransaction {
    let txn: OpaquePointer
    let path: String

    @inline(never)  // as ReadTransaction
    init(txn: OpaquePointer, path: String) {
        unsafe self.txn = unsafe txn
        self.path = path
    }
}

extension Transaction where Self: ~Copyable {
    /// Opens the table `name`; made if it is not there and this is a write transaction.
    func open(_ name: String, _ kind: Database.Kind, create: Bool) throws(StorageError) -> Database {
        var handle: UInt32 = 0
        let flags = kind.rawValue | (create ? UInt32(MDB_CREATE) : 0)
        try Environment.check(unsafe mdb_dbi_open(txn, name, flags, &handle), "open table \(name)", path)
        return Database(handle: handle)
    }

    func entryCount(_ db: Database) throws(StorageError) -> Int {
        var stat = MDB_stat()
        try Environment.check(unsafe mdb_stat(txn, db.handle, &stat), "stat", path)
        return stat.ms_entries
    }

    /// The bytes under `key`, in the map; nil when there are none.
    func get(_ db: Database, _ key: UnsafeRawBufferPointer) throws(StorageError) -> UnsafeRawBufferPointer? {
        var k = unsafe MDB_val(mv_size: key.count, mv_data: UnsafeMutableRawPointer(mutating: key.baseAddress))
        var v = unsafe MDB_val()
        let code = unsafe mdb_get(txn, db.handle, &k, &v)
        if code == MDB_NOTFOUND { return nil }
        try Environment.check(code, "get", path)
        return unsafe UnsafeRawBufferPointer(start: v.mv_data, count: v.mv_size)
    }

    func get(_ db: Database, _ key: UInt64) throws -> UnsafeRawBufferPointer? {
        var key = key
        return unsafe try withUnsafeBytes(of: &key) { unsafe try get(db, $0) }
    }

    func get(_ db: Database, _ key: UInt32) throws -> UnsafeRawBufferPointer? {
        var key = key
        return unsafe try withUnsafeBytes(of: &key) { unsafe try get(db, $0) }
    }

    func get(_ db: Database, _ key: [UInt8]) throws -> UnsafeRawBufferPointer? {
        unsafe try key.withUnsafeBytes { unsafe try get(db, $0) }
    }

    /// Runs `body` with a cursor over `db`.
    func withCursor<R>(_ db: Database, _ body: (Cursor) throws -> R) throws -> R {
        var cursor: OpaquePointer?
        try Environment.check(unsafe mdb_cursor_open(txn, db.handle, &cursor), "cursor", path)
        guard let cursor = unsafe cursor else {
            throw StorageError.database(code: EINVAL, operation: "cursor", path: path)
        }
        defer { unsafe mdb_cursor_close(cursor) }
        return try body(unsafe Cursor(cursor: cursor, path: path))
    }
}

/// How a value is put.
struct PutMode: OptionSet {
    let rawValue: UInt32
    /// The key is larger than all there are.
    static let append = PutMode(rawValue: UInt32(MDB_APPEND))
    /// The value is larger than all that its key has.
    static let appendValue = PutMode(rawValue: UInt32(MDB_APPENDDUP))
    /// The key must not be there.
    static let new = PutMode(rawValue: UInt32(MDB_NOOVERWRITE))
}

extension WritingTransaction where Self: ~Copyable {
    func put(
        _ db: Database, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ mode: PutMode = []
    ) throws(StorageError) {
        var k = unsafe MDB_val(mv_size: key.count, mv_data: UnsafeMutableRawPointer(mutating: key.baseAddress))
        var v = unsafe MDB_val(mv_size: value.count, mv_data: UnsafeMutableRawPointer(mutating: value.baseAddress))
        try Environment.check(unsafe mdb_put(txn, db.handle, &k, &v, mode.rawValue), "put", path)
    }

    /// Puts unless the key is there; gives whether it did.
    func putNew(
        _ db: Database, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
    ) throws(StorageError) -> Bool {
        var k = unsafe MDB_val(mv_size: key.count, mv_data: UnsafeMutableRawPointer(mutating: key.baseAddress))
        var v = unsafe MDB_val(mv_size: value.count, mv_data: UnsafeMutableRawPointer(mutating: value.baseAddress))
        let code = unsafe mdb_put(txn, db.handle, &k, &v, PutMode.new.rawValue)
        if code == MDB_KEYEXIST { return false }
        try Environment.check(code, "put", path)
        return true
    }

    func put(_ db: Database, _ key: UInt32, _ value: UnsafeRawBufferPointer, _ mode: PutMode = []) throws {
        var key = key
        unsafe try withUnsafeBytes(of: &key) { unsafe try put(db, $0, value, mode) }
    }

    func put(_ db: Database, _ key: UInt32, _ value: [UInt8], _ mode: PutMode = []) throws {
        unsafe try value.withUnsafeBytes { unsafe try put(db, key, $0, mode) }
    }

    func put(_ db: Database, _ key: [UInt8], _ value: [UInt8], _ mode: PutMode = []) throws {
        unsafe try key.withUnsafeBytes { key in
            unsafe try value.withUnsafeBytes { unsafe try put(db, key, $0, mode) }
        }
    }

    @discardableResult
    func delete(_ db: Database, _ key: UInt32) throws -> Bool {
        var key = key
        return unsafe try withUnsafeBytes(of: &key) { unsafe try delete(db, $0) }
    }

    /// A place of `byteCount` bytes under `key` in the new page itself, filled by `fill` before anything else is done.
    func reserve(
        _ db: Database, _ key: UnsafeRawBufferPointer, byteCount: Int, _ mode: PutMode = [],
        _ fill: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(StorageError) {
        var k = unsafe MDB_val(mv_size: key.count, mv_data: UnsafeMutableRawPointer(mutating: key.baseAddress))
        var v = unsafe MDB_val(mv_size: byteCount, mv_data: nil)
        let flags = mode.rawValue | UInt32(MDB_RESERVE)
        try Environment.check(unsafe mdb_put(txn, db.handle, &k, &v, flags), "reserve", path)
        unsafe fill(UnsafeMutableRawBufferPointer(start: v.mv_data, count: byteCount))
    }

    /// Removes `key`, or of its values only `value`. False when it was not there.
    @discardableResult
    func delete(
        _ db: Database, _ key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer? = nil
    ) throws(StorageError) -> Bool {
        var k = unsafe MDB_val(mv_size: key.count, mv_data: UnsafeMutableRawPointer(mutating: key.baseAddress))
        let code: Int32
        if let value = unsafe value {
            var v = unsafe MDB_val(
                mv_size: value.count, mv_data: UnsafeMutableRawPointer(mutating: value.baseAddress))
            code = unsafe mdb_del(txn, db.handle, &k, &v)
        } else {
            code = unsafe mdb_del(txn, db.handle, &k, nil)
        }
        if code == MDB_NOTFOUND { return false }
        try Environment.check(code, "delete", path)
        return true
    }
}
