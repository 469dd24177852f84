internal import CKernels
internal import CLMDB
public import Vectors

/// One moment of the store. Cannot outlive the closure it was given to.
@safe public struct StoreReader: ~Copyable, Transaction {
    let txn: OpaquePointer
    let path: String
    let store: Store

    @inline(never)  // as ReadTransaction
    init(txn: OpaquePointer, path: String, store: Store) {
        unsafe self.txn = unsafe txn
        self.path = path
        self.store = store
    }
}

/// What reading and writing transactions of a store can both look up.
protocol StoreLookup: Transaction, ~Copyable {
    var store: Store { get }
}

extension StoreReader: StoreLookup {}

extension StoreLookup where Self: ~Copyable {
    func storedCounters() throws -> StoreCounters {
        guard let bytes = unsafe try get(store.tables.meta, StoreCounters.key) else { return StoreCounters() }
        return unsafe try StoreCounters(bytes: bytes, path: path)
    }

    /// The live row of `key`. The hash leads to rows; the key in the record decides.
    func findRow(_ key: VectorKey) throws -> Row? { try findRow(key, store.hash(key)).row }

    /// The same, and how many rows the hash leads to.
    func findRow(_ key: VectorKey, _ hash: KeyHash) throws -> (row: Row?, sharing: Int) {
        guard let value = unsafe try hash.withBytes({ unsafe try get(store.tables.keys, $0) }) else { return (nil, 0) }
        for at in stride(from: 0, to: value.count - 3, by: 4) {
            let row = unsafe value.loadUnaligned(fromByteOffset: at, as: UInt32.self).littleEndian
            guard let record = unsafe try get(store.tables.rows, row) else { continue }
            let bytes = try unsafe RowRecord.keyBytes(record, path: path)
            if unsafe bytes.elementsEqual(key.text.utf8) { return (Row(row), value.count / 4) }
        }
        return (nil, value.count / 4)
    }

    func findRecord(_ row: Row) throws -> RowRecord? {
        guard let bytes = unsafe try get(store.tables.rows, row.number) else { return nil }
        return unsafe try RowRecord(bytes: bytes, path: path)
    }

    /// The vector's bytes in the map: in its block, or in the tail while the block is not complete.
    ///
    /// The block's address comes from ``Store/blockTable`` where it is there: a block of a local store never goes away,
    /// and what a later commit made is as right as what this moment saw, because rows do not change.
    func vectorBytes(_ row: Row) throws -> UnsafeRawBufferPointer? {
        let layout = store.layout, size = 4 * layout.dimension
        let (block, position) = (row.number / UInt32(layout.rowsPerBlock), Int(row.number) % layout.rowsPerBlock)
        if let start = unsafe try store.blockTable.address(block) ?? blockStart(block) {
            return unsafe UnsafeRawBufferPointer(start: start + layout.vectorOffset + position * size, count: size)
        }
        guard let bytes = unsafe try get(store.tables.tail, row.number) else { return nil }
        guard bytes.count == size else {
            throw StorageError.damaged(path: path, what: "the tail holds \(bytes.count) bytes for \(row)")
        }
        return unsafe bytes
    }

    private func blockStart(_ block: UInt32) throws -> UnsafeRawPointer? {
        guard let bytes = unsafe try get(store.tables.blocks, block) else { return nil }
        guard bytes.count == store.layout.byteCount else {
            throw StorageError.damaged(path: path, what: "block \(block) has \(bytes.count) bytes")
        }
        return bytes.baseAddress
    }

    func metaBytes(_ name: String) throws -> [UInt8]? {
        unsafe try get(store.tables.meta, StoreNotes.key(name)).map { unsafe Array($0) }
    }
}

/// What the engine keeps by name in the table `meta`, apart from what is the store's own.
enum StoreNotes {
    static func key(_ name: String) -> [UInt8] { Array("x.".utf8) + Array(name.utf8) }
}

extension StoreReader {
    public func counters() throws -> StoreCounters { try storedCounters() }

    /// The live row of `key`; nil when there is none.
    public func row(of key: VectorKey) throws -> Row? { try findRow(key) }

    /// Key, fingerprint and metadata of a live row; nil when the row is dead.
    public func record(of row: Row) throws -> RowRecord? { try findRecord(row) }

    public func isLive(_ row: Row) throws -> Bool { unsafe try get(store.tables.rows, row.number) != nil }

    /// Runs `body` with the row's vector, in place in the map; nil when the store does not hold it.
    public func withVector<R>(of row: Row, _ body: (Span<Float>) throws -> R) throws -> R? {
        guard let bytes = unsafe try vectorBytes(row) else { return nil }
        // Aligned: in a block by its layout, in the tail because keys of 4 bytes and values of 4 x dimension leave
        // every node at a multiple of 4.
        let floats = unsafe bytes.bindMemory(to: Float.self)
        return try body(unsafe floats.span)
    }

    /// What the engine has noted under `name`; nil when nothing.
    public func note(_ name: String) throws -> [UInt8]? { try metaBytes(name) }

    /// Calls `body` with the journal's entries from `sequence` on, in order, until it returns false.
    ///
    /// - Throws: ``StorageError/damaged(path:what:)`` at an entry whose checksum is wrong, and what `body` throws.
    public func journal(from sequence: UInt64, _ body: (UInt64, JournalEntry) throws -> Bool) throws {
        try withCursor(store.tables.journal) { cursor in
            var key = sequence
            var entry = unsafe try withUnsafeBytes(of: &key) { unsafe try cursor.move(.from, $0) }
            while let found = unsafe entry {
                let number = unsafe found.key.loadUnaligned(as: UInt64.self)
                guard try body(number, unsafe JournalEntry(encoded: found.value, path: path)) else { return }
                unsafe entry = try cursor.move(.next)
            }
        }
    }

    /// Up to `limit` live rows in the order of their keys' hashes, from after `position` on, with where to go on.
    ///
    /// A few more than `limit` where keys share a hash. The order is the same after a reopen; a key put meanwhile may
    /// or may not be met.
    public func list(after position: [UInt8]?, limit: Int) throws -> (rows: [Row], next: [UInt8]?) {
        try withCursor(store.tables.keys) { cursor in
            var rows: [Row] = []
            var entry: Cursor.Entry?
            if let position {
                unsafe entry = try position.withUnsafeBytes { unsafe try cursor.move(.from, $0) }
                if let found = unsafe entry, unsafe found.key.elementsEqual(position) {
                    unsafe entry = try cursor.move(.next)
                }
            } else {
                unsafe entry = try cursor.move(.first)
            }
            var last: [UInt8]?
            while let found = unsafe entry {
                if rows.count >= limit { return (rows, last) }
                for at in unsafe stride(from: 0, to: found.value.count - 3, by: 4) {
                    rows.append(Row(unsafe found.value.loadUnaligned(fromByteOffset: at, as: UInt32.self).littleEndian))
                }
                last = unsafe Array(found.key)
                unsafe entry = try cursor.move(.next)
            }
            return (rows, nil)
        }
    }

    /// Calls `body` with live rows in the order of their keys' hashes, those of `start` and above but below `end`,
    /// until it returns false. Two keys may share a hash: both are met, or none.
    ///
    /// - Parameters:
    ///   - start: 16 bytes, or nil for the first.
    ///   - end: 16 bytes, or nil for no end.
    public func visitKeys(
        from start: [UInt8]?, below end: [UInt8]?, _ body: (_ hash: [UInt8], _ rows: [Row]) throws -> Bool
    ) throws {
        try withCursor(store.tables.keys) { cursor in
            var entry: Cursor.Entry?
            if let start {
                unsafe entry = try start.withUnsafeBytes { unsafe try cursor.move(.from, $0) }
            } else {
                unsafe entry = try cursor.move(.first)
            }
            while let found = unsafe entry {
                let hash = unsafe Array(found.key)
                if let end, !hash.lexicographicallyPrecedes(end) { return }
                let rows = unsafe stride(from: 0, to: found.value.count - 3, by: 4).map { at in
                    Row(unsafe found.value.loadUnaligned(fromByteOffset: at, as: UInt32.self).littleEndian)
                }
                guard try body(hash, rows) else { return }
                unsafe entry = try cursor.move(.next)
            }
        }
    }

    /// Calls `body` with up to `limit` live rows in the order of their numbers, from `first` on, each with its record
    /// and, where the store holds it, its vector.
    ///
    /// For what reads everything, a slice to a transaction: compaction, training, a change of the format.
    /// - Returns: where the next slice begins; nil after the last row.
    public func forEachLiveRow(
        from first: Row, limit: Int, _ body: (Row, RowRecord, Span<Float>?) throws -> Void
    ) throws -> Row? {
        try withCursor(store.tables.rows) { cursor in
            var key = first.number, count = 0
            var entry = unsafe try withUnsafeBytes(of: &key) { unsafe try cursor.move(.from, $0) }
            while let found = unsafe entry {
                let row = Row(unsafe found.key.loadUnaligned(as: UInt32.self))
                if count == limit { return row }
                count += 1
                let record = unsafe try RowRecord(bytes: found.value, path: path)
                if let bytes = unsafe try vectorBytes(row) {
                    let floats = unsafe bytes.bindMemory(to: Float.self)
                    try body(row, record, unsafe floats.span)
                } else {
                    try body(row, record, nil)
                }
                unsafe entry = try cursor.move(.next)
            }
            return nil
        }
    }
}
