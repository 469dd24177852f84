internal import CKernels
internal import CLMDB

/// The tables of `store/data.mdb`.
///
///     table       key                              value
///     meta        text                             bytes: "identity" ``StoreIdentity``, "counters" ``StoreCounters``,
///                                                  "text" ``TextFieldList``, "x." + name what the engine notes
///     keys        seeded XXH3-128 of the key       row numbers u32 (one, unless keys collide)
///     rows        row u32                          ``RowRecord``; a dead row has none
///     live        row / 8,192 u32                  1,024 bytes, one bit a row
///     blocks      row / rowsPerBlock u32           a row block; local collections only
///     tail        row u32                          the vector of a row whose block is not complete
///     postings    field, type, value               rows u32, in order (``PostingKey``)
///     journal     sequence u64                     ``JournalEntry``
///     intents     number u64                       ``Intent``
///     intentKeys  seeded XXH3-128 of the key       numbers u64 of the intents on keys of this hash, in order
///     terms       number of a text field, term     ``TextPosting`` u64, in order; made for the first text field
struct StoreTables {
    let meta, keys, rows, live, blocks, tail, postings, journal, intents, intentKeys: Database

    /// Opens all, and makes them if `create`.
    init(_ txn: borrowing some Transaction & ~Copyable, create: Bool) throws(StorageError) {
        do {
            meta = try txn.open("meta", .bytes, create: create)
            keys = try txn.open("keys", .bytes, create: create)
            rows = try txn.open("rows", .integerKeys, create: create)
            live = try txn.open("live", .integerKeys, create: create)
            blocks = try txn.open("blocks", .integerKeys, create: create)
            tail = try txn.open("tail", .integerKeys, create: create)
            postings = try txn.open("postings", .rowLists, create: create)
            journal = try txn.open("journal", .integerKeys, create: create)
            intents = try txn.open("intents", .integerKeys, create: create)
            intentKeys = try txn.open("intentKeys", .bytes, create: create)
        } catch .database(code: MDB_NOTFOUND, let operation, let path) {
            throw .damaged(path: path, what: "\(operation): there is none; this is not the store of a collection")
        }
    }

    /// Opens the table of terms; nil where it is not there and not made.
    static func terms(_ txn: borrowing some Transaction & ~Copyable, create: Bool) throws(StorageError) -> Database? {
        do {
            return try txn.open("terms", .rowLists, create: create)
        } catch .database(code: MDB_NOTFOUND, _, _) where !create {
            return nil
        }
    }
}

/// What the store says of itself, so that it is not taken for another's:
///
///     byte 0   4   version: 1, or 2 since the store has a text field. Who knows only 1 would write rows without terms
///     byte 4   4   dimension
///     byte 8   4   generation
///     byte 12  4   1 if it holds vectors, else 0
///     byte 16  8   XXH3-64 of nothing, with the hash seed for its seed
struct StoreIdentity {
    static let key = Array("identity".utf8)
    static let version: UInt32 = 1
    static let versionWithText: UInt32 = 2

    private let words: [UInt32]

    init(_ shape: Store.Shape, version: UInt32 = version) {
        let seedMark = mv_hash64(nil, 0, shape.hashSeed)
        words = [
            version, UInt32(shape.dimension), shape.generation, shape.holdsVectors ? 1 : 0,
            UInt32(truncatingIfNeeded: seedMark), UInt32(truncatingIfNeeded: seedMark >> 32),
        ]
    }

    func store(_ txn: borrowing some WritingTransaction & ~Copyable, _ tables: StoreTables) throws {
        let stored = words.map(\.littleEndian)
        unsafe try Self.key.withUnsafeBytes { key in
            unsafe try stored.withUnsafeBytes { unsafe try txn.put(tables.meta, key, $0) }
        }
    }

    /// - Throws: ``StorageError/otherCollection(path:what:found:expected:)``,
    ///   ``StorageError/formatVersion(path:found:supported:)``.
    func check(_ txn: borrowing some Transaction & ~Copyable, _ tables: StoreTables) throws {
        guard let bytes = unsafe try txn.get(tables.meta, Self.key), bytes.count == 4 * words.count else {
            throw StorageError.damaged(path: txn.path, what: "it does not say what it belongs to")
        }
        let found = (0..<words.count).map {
            unsafe bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self).littleEndian
        }
        guard (Self.version...Self.versionWithText).contains(found[0]) else {
            throw StorageError.formatVersion(
                path: txn.path, found: Int(found[0]), supported: Int(Self.versionWithText))
        }
        let names = ["version", "dimension", "generation", "vectors (1 inside, 0 elsewhere)", "hash seed", "hash seed"]
        for i in words.indices.dropFirst() where found[i] != words[i] {
            throw StorageError.otherCollection(
                path: txn.path, what: names[i], found: "\(found[i])", expected: "\(words[i])")
        }
    }
}

/// The numbers that a commit moves forward, in one value of the table `meta`: eight u64 in the order below, the last 0.
public struct StoreCounters: Sendable, Equatable {
    /// The next row to be given; rows below it were given once.
    public var nextRow: UInt64 = 0
    public var liveCount: UInt64 = 0
    /// One more with each commit.
    public var commitNumber: UInt64 = 0
    /// The next entry of the journal.
    public var journalNext: UInt64 = 1
    public var intentNext: UInt64 = 1
    public var intentCount: UInt64 = 0
    /// Bytes of all intents, as they are stored.
    public var intentBytes: UInt64 = 0

    static let key = Array("counters".utf8)
    static let byteCount = 64

    init() {}

    init(bytes: UnsafeRawBufferPointer, path: String) throws(StorageError) {
        guard bytes.count == Self.byteCount else {
            throw .damaged(path: path, what: "counters of \(bytes.count) bytes")
        }
        func number(_ i: Int) -> UInt64 {
            unsafe bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self).littleEndian
        }
        nextRow = number(0)
        liveCount = number(1)
        commitNumber = number(2)
        journalNext = number(3)
        intentNext = number(4)
        intentCount = number(5)
        intentBytes = number(6)
        guard nextRow <= UInt64(UInt32.max), liveCount <= nextRow else {
            throw .damaged(path: path, what: "counters say \(liveCount) live of \(nextRow) rows")
        }
    }

    var bytes: [UInt8] {
        [nextRow, liveCount, commitNumber, journalNext, intentNext, intentCount, intentBytes, 0].flatMap { number in
            (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
        }
    }
}
