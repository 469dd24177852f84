internal import CKernels
public import Vectors

/// What one write transaction has done so far. Used by the writer's thread alone.
final class StoreChanges {
    var counters = StoreCounters()
    /// The first row that this transaction gave.
    var firstRow: UInt64 = 0
    /// The vectors of the rows from ``firstRow`` on, `dimension` values each; local collections only.
    var vectors: [Float] = []
    var born: [Row] = []
    var died: Set<Row> = []
    /// Live bits of the chunks that were touched, as they will be stored.
    var liveChunks: [UInt32: [UInt64]] = [:]
    /// Blocks made: their addresses are known after the commit.
    var newBlocks: [UInt32] = []
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
        /// `dimension` float32 values.
        public var values: [Float]
        public var fingerprint: Fingerprint
        public var encodedMetadata: [UInt8]
        /// What filters can find it by (``PostingKey``).
        public var postings: [PostingKey]

        public init(
            key: VectorKey, values: [Float], fingerprint: Fingerprint, encodedMetadata: [UInt8], postings: [PostingKey]
        ) {
            self.key = key
            self.values = values
            self.fingerprint = fingerprint
            self.encodedMetadata = encodedMetadata
            self.postings = postings
        }
    }

    public var counters: StoreCounters { changes.counters }

    /// The live row of `key`; nil when there is none.
    public func row(of key: VectorKey) throws -> Row? { try findRow(key) }
    public func record(of row: Row) throws -> RowRecord? { try findRecord(row) }
    public func note(_ name: String) throws -> [UInt8]? { try metaBytes(name) }

    /// Gives `put` a new row and kills the one its key had.
    public func put(_ put: Put) throws -> (row: Row, killed: Row?) {
        let hash = store.hash(put.key)
        let (killed, sharing) = try removeRow(of: put.key, hash)
        let number = changes.counters.nextRow
        guard number < UInt64(UInt32.max) else {
            throw StorageError.database(code: 0, operation: "put: all row numbers are given; compact", path: path)
        }
        let row = Row(UInt32(number))
        changes.counters.nextRow = number + 1
        let record = RowRecord(key: put.key, fingerprint: put.fingerprint, encodedMetadata: put.encodedMetadata)
        var key = row.number
        unsafe try withUnsafeBytes(of: &key) { key in
            unsafe try reserve(store.tables.rows, key, byteCount: record.byteCount, .append) {
                unsafe record.write(to: $0)
            }
        }
        try setRows(of: hash, (sharing > 0 ? rowNumbers(hash) : []) + [row.number])
        for posting in put.postings { try add(posting, row) }
        if store.shape.holdsVectors {
            precondition(put.values.count == store.shape.dimension, "\(put.values.count) values")
            changes.vectors.append(contentsOf: put.values)
        }
        try setLive(row, true)
        changes.born.append(row)
        return (row, killed)
    }

    /// Kills the row of `key`. Nil when there was none.
    public func delete(_ key: VectorKey) throws -> Row? {
        let hash = store.hash(key)
        let (row, sharing) = try removeRow(of: key, hash)
        if row != nil, sharing == 0 { unsafe try hash.withBytes { unsafe _ = try delete(store.tables.keys, $0) } }
        return row
    }

    /// Replaces the metadata of a live row. The row stays.
    public func setMetadata(
        of row: Row, encoded: [UInt8], remove: [PostingKey], add: [PostingKey]
    ) throws {
        guard var record = try findRecord(row) else { return }
        record.encodedMetadata = encoded
        record.metadataVersion &+= 1
        var bytes = [UInt8](repeating: 0, count: record.byteCount)
        unsafe bytes.withUnsafeMutableBytes { unsafe record.write(to: $0) }
        try put(store.tables.rows, row.number, bytes)
        for posting in remove { try self.remove(posting, row) }
        for posting in add { try self.add(posting, row) }
    }

    /// Appends to the journal; gives the entry's sequence.
    @discardableResult
    public func append(_ entry: JournalEntry) throws -> UInt64 {
        var sequence = changes.counters.journalNext
        changes.counters.journalNext += 1
        let bytes = entry.encoded
        unsafe try withUnsafeBytes(of: &sequence) { key in
            unsafe try bytes.withUnsafeBytes { unsafe try put(store.tables.journal, key, $0, .append) }
        }
        return sequence
    }

    /// Removes the journal's entries up to and with `sequence`.
    public func trimJournal(upTo sequence: UInt64) throws {
        while true {
            let first: UInt64? = try withCursor(store.tables.journal) { cursor in
                unsafe try cursor.move(.first).map { unsafe $0.key.loadUnaligned(as: UInt64.self) }
            }
            guard var first, first <= sequence else { return }
            unsafe try withUnsafeBytes(of: &first) { unsafe _ = try delete(store.tables.journal, $0) }
        }
    }

    /// Keeps `bytes` under `name`, for the engine; nil removes.
    public func setNote(_ name: String, _ bytes: [UInt8]?) throws {
        let key = Array("x.".utf8) + Array(name.utf8)
        if let bytes {
            try put(store.tables.meta, key, bytes)
        } else {
            unsafe try key.withUnsafeBytes { unsafe _ = try delete(store.tables.meta, $0) }
        }
    }

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
        let born = changes.born.count - changes.born.count { changes.died.contains($0) }
        let died = changes.died.subtracting(changes.born).count
        changes.counters.liveCount = changes.counters.liveCount + UInt64(born) - UInt64(died)
        try put(store.tables.meta, StoreCounters.key, changes.counters.bytes)
        FaultPoint.reached("store.commit")
    }

    /// Kills the row of `key`, and takes it from its hash unless it was alone there; gives how many share the hash
    /// still.
    private func removeRow(of key: VectorKey, _ hash: KeyHash) throws -> (row: Row?, sharing: Int) {
        let (found, sharing) = try findRow(key, hash)
        guard let row = found else { return (nil, sharing) }
        try delete(store.tables.rows, row.number)
        if sharing > 1 { try setRows(of: hash, rowNumbers(hash).filter { $0 != row.number }) }
        try setLive(row, false)
        changes.died.insert(row)
        return (row, sharing - 1)
    }

    private func setRows(of hash: KeyHash, _ rows: [UInt32]) throws {
        let stored = rows.map(\.littleEndian)
        unsafe try hash.withBytes { key in
            unsafe try stored.withUnsafeBytes { unsafe try put(store.tables.keys, key, $0) }
        }
    }

    private func rowNumbers(_ hash: KeyHash) throws -> [UInt32] {
        guard let value = unsafe try hash.withBytes({ unsafe try get(store.tables.keys, $0) }) else { return [] }
        return stride(from: 0, to: value.count - 3, by: 4).map {
            unsafe value.loadUnaligned(fromByteOffset: $0, as: UInt32.self).littleEndian
        }
    }

    private func setLive(_ row: Row, _ isLive: Bool) throws {
        let chunk = row.number >> LiveChunk.shift
        if changes.liveChunks[chunk] == nil {
            var words = [UInt64](repeating: 0, count: LiveChunk.wordCount)
            if let bytes = unsafe try get(store.tables.live, chunk), bytes.count == LiveChunk.byteCount {
                for i in words.indices { words[i] = unsafe bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self) }
            }
            changes.liveChunks[chunk] = words
        }
        let at = Int(row.number & (1 << LiveChunk.shift - 1)), bit = UInt64(1) << UInt64(at & 63)
        if isLive {
            changes.liveChunks[chunk, default: []][at >> 6] |= bit
        } else {
            changes.liveChunks[chunk, default: []][at >> 6] &= ~bit
        }
    }

    /// Writes each block that this transaction completes, and the rest of its rows to the tail.
    private func storeVectors() throws {
        let layout = store.layout, size = layout.rowsPerBlock
        let first = Int(changes.firstRow), end = Int(changes.counters.nextRow)
        guard first < end else { return }
        var start = first
        while start < end {
            let block = start / size, blockFirst = block * size, blockEnd = blockFirst + size
            if blockEnd <= end {
                try sealBlock(block, from: first)
            } else {
                try storeTail(start..<end, from: first)
            }
            start = blockEnd
        }
    }

    private func sealBlock(_ block: Int, from first: Int) throws {
        let layout = store.layout, size = layout.rowsPerBlock, dimension = layout.dimension
        let rows = (block * size..<(block + 1) * size).map { UInt32($0) }
        var values = [Float](repeating: 0, count: size * dimension)
        for (i, row) in rows.enumerated() where Int(row) < first {
            // A dead row leaves zeros.
            guard let bytes = unsafe try get(store.tables.tail, row), bytes.count == 4 * dimension else { continue }
            let floats = unsafe bytes.bindMemory(to: Float.self)
            values.replaceSubrange(i * dimension..<(i + 1) * dimension, with: unsafe Array(floats))
            try delete(store.tables.tail, row)
        }
        let fresh = max(first, block * size)
        let from = (fresh - first) * dimension, count = ((block + 1) * size - fresh) * dimension
        let at = (fresh - block * size) * dimension
        values.replaceSubrange(at..<at + count, with: changes.vectors[from..<from + count])
        var key = UInt32(block)
        unsafe try withUnsafeBytes(of: &key) { key in
            unsafe try reserve(store.tables.blocks, key, byteCount: layout.byteCount, .append) { bytes in
                unsafe values.withUnsafeBufferPointer {
                    if let vectors = $0.baseAddress {
                        unsafe layout.seal(bytes, generation: store.shape.generation, rows: rows, vectors: vectors)
                    }
                }
            }
        }
        changes.newBlocks.append(UInt32(block))
    }

    private func storeTail(_ rows: Range<Int>, from first: Int) throws {
        let dimension = store.layout.dimension
        for row in rows {
            let at = (row - first) * dimension
            unsafe try changes.vectors[at..<at + dimension].withUnsafeBytes {
                unsafe try put(store.tables.tail, UInt32(row), $0, .append)
            }
        }
    }
}
