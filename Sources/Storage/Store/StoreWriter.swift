public import Vectors

/// What one write transaction has done so far. Used by the writer's thread alone.
final class StoreChanges {
    var counters = StoreCounters()
    /// The first row that this transaction gave; all up to `counters.nextRow` are its own.
    var firstRow: UInt64 = 0
    /// The vectors of the rows from ``firstRow`` on, `dimension` values each; local collections only.
    var vectors: [Float] = []
    /// Rows of before, and rows of its own.
    var died: Set<Row> = []
    /// Live bits of the chunks that were touched, as they will be stored.
    var liveChunks: [UInt32: [UInt64]] = [:]
    /// Blocks made: their addresses are known after the commit.
    var newBlocks: [UInt32] = []
    /// Nil until it is needed.
    var text: Text?
}

/// The one write transaction of the store. Everything it does is seen together, or not at all.
@safe public struct StoreWriter: ~Copyable, WritingTransaction {
    let txn: OpaquePointer
    let path: String
    let store: Store
    let changes: StoreChanges

    @inline(never)  // as ReadTransaction
    init(txn: OpaquePointer, path: String, store: Store, changes: StoreChanges) {
        unsafe self.txn = unsafe txn
        self.path = path
        self.store = store
        self.changes = changes
    }
}

extension StoreWriter: StoreLookup {}

extension StoreWriter {
    /// One vector to be put, checked by the caller.
    public struct Put: Sendable {
        public var key: VectorKey
        /// `dimension` float32 values. Not looked at where the store does not hold vectors.
        public var values: [Float]
        public var fingerprint: Fingerprint
        public var encodedMetadata: [UInt8]
        /// What filters can find it by (``Store/postings(of:nonFilterable:)``).
        public var postings: [PostingKey]
        /// What full-text search can find it by (``TextAnalysis/text(of:)``). Counted in the transaction where it is
        /// nil, or the fields are others by now.
        public var text: RowText?

        public init(
            key: VectorKey, values: [Float], fingerprint: Fingerprint, encodedMetadata: [UInt8],
            postings: [PostingKey], text: RowText? = nil
        ) {
            self.key = key
            self.values = values
            self.fingerprint = fingerprint
            self.encodedMetadata = encodedMetadata
            self.postings = postings
            self.text = text
        }
    }

    /// As they will be when this transaction is committed, but for `liveCount`.
    public var counters: StoreCounters { changes.counters }

    /// The live row of `key`, as this transaction has left it; nil when there is none.
    public func row(of key: VectorKey) throws -> Row? { try findRow(key) }
    public func record(of row: Row) throws -> RowRecord? { try findRecord(row) }
    public func note(_ name: String) throws -> [UInt8]? { try metaBytes(name) }

    /// Gives `put` a new row and kills the one its key had.
    ///
    /// - Throws: ``StorageError/rowsExhausted(path:)``; what the disk says. The transaction is of no use then.
    public func put(_ put: Put) throws -> (row: Row, killed: Row?) {
        let hash = store.hash(put.key)
        let row = try giveRows(1)
        let (killed, sharing) = try removeRow(of: put.key, hash)
        try writeRecord(of: put, row)
        try setRows(of: hash, (sharing > 0 ? rowNumbers(hash) : []) + [row.number])
        for posting in put.postings { try add(posting, row) }
        try writeText(of: [put], row)
        hold(put)
        try setLive(row, true)
        return (row, killed)
    }

    /// Kills the row of `key`. Nil when there was none.
    public func delete(_ key: VectorKey) throws -> Row? {
        let hash = store.hash(key)
        let (row, sharing) = try removeRow(of: key, hash)
        if row != nil, sharing == 0 { unsafe try hash.withBytes { unsafe _ = try delete(store.tables.keys, $0) } }
        return row
    }

    /// Kills `row`; its key is gone then. False when it was dead.
    public func kill(_ row: Row) throws -> Bool {
        guard let record = try findRecord(row) else { return false }
        guard try delete(record.key) == row else {
            throw StorageError.damaged(path: path, what: "key \"\(record.key)\" of live \(row) leads elsewhere")
        }
        return true
    }

    /// Replaces the metadata of a live row; its version moves on. The row stays. False when it is dead.
    ///
    /// - Parameters:
    ///   - remove: the postings of the metadata of before.
    ///   - add: those of the new.
    @discardableResult
    public func setMetadata(
        of row: Row, encoded: [UInt8], remove: [PostingKey], add: [PostingKey]
    ) throws -> Bool {
        guard var record = try findRecord(row) else { return false }
        try replaceText(of: row, old: record.encodedMetadata, new: encoded)
        record.encodedMetadata = encoded
        record.metadataVersion &+= 1
        var bytes = [UInt8](repeating: 0, count: record.byteCount)
        unsafe bytes.withUnsafeMutableBytes { unsafe record.write(to: $0) }
        try put(store.tables.rows, row.number, bytes)
        let (old, new) = (Set(remove), Set(add))
        for posting in old.subtracting(new) { try self.remove(posting, row) }
        for posting in new.subtracting(old) { try self.add(posting, row) }
        return true
    }

    /// Keeps `bytes` under `name`, for the engine; nil removes.
    public func setNote(_ name: String, _ bytes: [UInt8]?) throws {
        let key = StoreNotes.key(name)
        if let bytes {
            try put(store.tables.meta, key, bytes)
        } else {
            unsafe try key.withUnsafeBytes { unsafe _ = try delete(store.tables.meta, $0) }
        }
    }

    // MARK: Begin and end

    func begin() throws {
        changes.counters = try storedCounters()
        changes.firstRow = changes.counters.nextRow
        changes.counters.commitNumber += 1
    }

    /// Stores what was gathered: vectors, live bits, counters.
    func finish() throws {
        if store.shape.holdsVectors { try storeVectors() }
        for (chunk, words) in changes.liveChunks {
            unsafe try words.withUnsafeBytes { unsafe try put(store.tables.live, chunk, $0) }
        }
        let most = changes.counters.liveCount + changes.counters.nextRow - changes.firstRow
        guard most >= UInt64(changes.died.count) else {
            throw StorageError.damaged(path: path, what: "\(changes.died.count) rows died of \(most)")
        }
        changes.counters.liveCount = most - UInt64(changes.died.count)
        try storeTextList()
        try put(store.tables.meta, StoreCounters.key, changes.counters.bytes)
    }

    // MARK: Rows

    /// The first of `count` new rows.
    func giveRows(_ count: Int) throws -> Row {
        let number = changes.counters.nextRow
        // The last number means "none" in some tables.
        guard number + UInt64(count) <= UInt64(UInt32.max) else { throw StorageError.rowsExhausted(path: path) }
        changes.counters.nextRow = number + UInt64(count)
        return Row(UInt32(number))
    }

    func writeRecord(of put: Put, _ row: Row) throws {
        let record = RowRecord(key: put.key, fingerprint: put.fingerprint, encodedMetadata: put.encodedMetadata)
        var key = row.number
        unsafe try withUnsafeBytes(of: &key) { key in
            unsafe try reserve(store.tables.rows, key, byteCount: record.byteCount, .append) {
                unsafe record.write(to: $0)
            }
        }
    }

    /// Kills the row of `key`, and takes it from its hash unless it was alone there; gives how many share the hash
    /// still.
    func removeRow(of key: VectorKey, _ hash: KeyHash) throws -> (row: Row?, sharing: Int) {
        let (found, sharing) = try findRow(key, hash)
        guard let row = found else { return (nil, sharing) }
        try removeText(of: row)
        try delete(store.tables.rows, row.number)
        if sharing > 1 { try setRows(of: hash, rowNumbers(hash).filter { $0 != row.number }) }
        try setLive(row, false)
        changes.died.insert(row)
        return (row, sharing - 1)
    }

    func setRows(of hash: KeyHash, _ rows: [UInt32]) throws {
        let stored = rows.map(\.littleEndian)
        unsafe try hash.withBytes { key in
            unsafe try stored.withUnsafeBytes { unsafe try put(store.tables.keys, key, $0) }
        }
    }

    func rowNumbers(_ hash: KeyHash) throws -> [UInt32] {
        guard let value = unsafe try hash.withBytes({ unsafe try get(store.tables.keys, $0) }) else { return [] }
        return stride(from: 0, to: value.count - 3, by: 4).map {
            unsafe value.loadUnaligned(fromByteOffset: $0, as: UInt32.self).littleEndian
        }
    }

    // MARK: Live bits

    func setLive(_ row: Row, _ isLive: Bool) throws {
        let chunk = row.number >> LiveChunk.shift
        try loadLiveChunk(chunk)
        let at = Int(row.number) % LiveChunk.rowCount, bit = UInt64(1) << UInt64(at & 63)
        if isLive {
            changes.liveChunks[chunk, default: []][at >> 6] |= bit
        } else {
            changes.liveChunks[chunk, default: []][at >> 6] &= ~bit
        }
    }

    private func loadLiveChunk(_ chunk: UInt32) throws {
        guard changes.liveChunks[chunk] == nil else { return }
        var words = [UInt64](repeating: 0, count: LiveChunk.wordCount)
        if let bytes = unsafe try get(store.tables.live, chunk) {
            guard bytes.count == LiveChunk.byteCount else {
                throw StorageError.damaged(path: path, what: "live rows of chunk \(chunk) are cut")
            }
            for i in words.indices { words[i] = unsafe bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self) }
        }
        changes.liveChunks[chunk] = words
    }
}
