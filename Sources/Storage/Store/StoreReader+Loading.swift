public import Vectors

/// The store's unit of liveness: 8,192 rows, one bit each.
enum LiveChunk {
    static let shift: UInt32 = 13
    static let rowCount = 8192
    static let byteCount = 1024
    static let wordCount = 128
}

extension StoreReader {
    /// The live rows of this moment.
    ///
    /// - Complexity: one bit for each row ever given.
    public func liveRows() throws -> RowSet {
        let rowCount = Int(try storedCounters().nextRow)
        var words = [UInt64](repeating: 0, count: (rowCount + 63) / 64)
        unsafe try forEachLiveChunk { first, bytes in
            unsafe words.withUnsafeMutableBytes { target in
                let at = Int(first.number / 8)
                guard at < target.count else { return }
                let room = unsafe UnsafeMutableRawBufferPointer(rebasing: target[at...])
                unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<min(bytes.count, room.count)]))
            }
        }
        return RowSet(words: words)
    }

    func loadLive(into live: LiveRows) throws {
        unsafe try forEachLiveChunk { first, bytes in unsafe try live.load(bytes, from: first) }
    }

    /// Calls `body` with the first row of each chunk and its bits, words with the small end first.
    func forEachLiveChunk(_ body: (Row, UnsafeRawBufferPointer) throws -> Void) throws {
        try withCursor(store.tables.live) { cursor in
            var entry = unsafe try cursor.move(.first)
            while let found = unsafe entry {
                let chunk = unsafe found.key.loadUnaligned(as: UInt32.self)
                guard unsafe found.value.count == LiveChunk.byteCount, chunk < 1 << (32 - LiveChunk.shift) else {
                    throw StorageError.damaged(path: path, what: "live rows of chunk \(chunk) are cut")
                }
                unsafe try body(Row(chunk << LiveChunk.shift), found.value)
                unsafe entry = try cursor.move(.next)
            }
        }
    }

    func loadBlocks(into table: BlockTable, from block: UInt32) throws {
        try withCursor(store.tables.blocks) { cursor in
            var key = block
            var entry = unsafe try withUnsafeBytes(of: &key) { unsafe try cursor.move(.from, $0) }
            while let found = unsafe entry {
                let number = unsafe found.key.loadUnaligned(as: UInt32.self)
                guard unsafe found.value.count == store.layout.byteCount else {
                    throw StorageError.damaged(
                        path: path, what: unsafe "block \(number) has \(found.value.count) bytes")
                }
                unsafe try table.set(number, found.value.baseAddress)
                unsafe entry = try cursor.move(.next)
            }
        }
    }
}
