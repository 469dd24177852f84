internal import CLMDB

/// The tables of `store/data.mdb`.
///
///     table     key                              value
///     meta      text                             bytes; "counters" is ``Counters``
///     keys      seeded XXH3-128 of the key       row numbers u32 (one, unless two keys collide)
///     rows      row u32                          ``RowRecord``; a dead row has none
///     live      row / 8,192 u32                  1,024 bytes, one bit a row
///     blocks    row / rowsPerBlock u32           a row block; local collections only
///     tail      row u32                          the vector of a row whose block is not complete
///     postings  field, type, value               rows u32, in order (``PostingKey``)
///     journal   sequence u64                     ``JournalEntry``
///     intents   number u64                       ``Intent``
struct StoreTables {
    let meta, keys, rows, live, blocks, tail, postings, journal, intents: Database

    /// Opens all, and makes them if `create`.
    init(_ txn: borrowing some Transaction & ~Copyable, create: Bool) throws(StorageError) {
        meta = try txn.open("meta", .bytes, create: create)
        keys = try txn.open("keys", .bytes, create: create)
        rows = try txn.open("rows", .integerKeys, create: create)
        live = try txn.open("live", .integerKeys, create: create)
        blocks = try txn.open("blocks", .integerKeys, create: create)
        tail = try txn.open("tail", .integerKeys, create: create)
        postings = try txn.open("postings", .rowLists, create: create)
        journal = try txn.open("journal", .integerKeys, create: create)
        intents = try txn.open("intents", .integerKeys, create: create)
    }
}

/// The numbers that a commit moves forward, in one value of the table `meta`.
public struct StoreCounters: Sendable, Equatable {
    /// The next row to be given; rows below it were given once.
    public var nextRow: UInt64 = 0
    public var liveCount: UInt64 = 0
    /// One more with each commit.
    public var commitNumber: UInt64 = 0
    /// The next entry of the journal.
    public var journalNext: UInt64 = 1
    public var intentNext: UInt64 = 1

    static let key = Array("counters".utf8)

    init() {}

    init(bytes: UnsafeRawBufferPointer, path: String) throws(StorageError) {
        guard bytes.count == 40 else { throw .damaged(path: path, what: "counters of \(bytes.count) bytes") }
        func number(_ i: Int) -> UInt64 {
            unsafe bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self).littleEndian
        }
        nextRow = number(0)
        liveCount = number(1)
        commitNumber = number(2)
        journalNext = number(3)
        intentNext = number(4)
    }

    var bytes: [UInt8] {
        [nextRow, liveCount, commitNumber, journalNext, intentNext].flatMap { number in
            (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
        }
    }
}
