internal import CLMDB
internal import Vectors

extension StoreWriter {
    /// Rows in one entry of the journal: bounds what a replay decodes at once, and keeps LMDB's runs of pages short.
    static let journalRows = 4096

    /// Appends to the journal; gives the entry's sequence.
    ///
    /// An entry of many rows becomes several; the last one's sequence is given then.
    @discardableResult
    public func append(_ entry: JournalEntry) throws -> UInt64 {
        let limit = Self.journalRows
        switch entry {
        case .added(let first, let count, let codes?) where count > limit:
            for start in stride(from: 0, to: count, by: limit) {
                let part = start..<min(start + limit, count)
                try appendOne(
                    .added(
                        first: Row(first.number + UInt32(start)), count: part.count,
                        codes: codes.selecting(Array(part))))
            }
        case .killed(let rows) where rows.count > limit:
            for start in stride(from: 0, to: rows.count, by: limit) {
                try appendOne(.killed(Array(rows[start..<min(start + limit, rows.count)])))
            }
        case .metadataChanged(let rows) where rows.count > limit:
            for start in stride(from: 0, to: rows.count, by: limit) {
                try appendOne(.metadataChanged(Array(rows[start..<min(start + limit, rows.count)])))
            }
        default:
            try appendOne(entry)
        }
        return changes.counters.journalNext - 1
    }

    private func appendOne(_ entry: JournalEntry) throws {
        var sequence = changes.counters.journalNext
        changes.counters.journalNext += 1
        let bytes = entry.encoded
        unsafe try withUnsafeBytes(of: &sequence) { key in
            unsafe try bytes.withUnsafeBytes { unsafe try put(store.tables.journal, key, $0, .append) }
        }
    }

    /// Removes the journal's oldest entries up to and with `sequence`, at most `limit` of them.
    ///
    /// Bounded, because LMDB writes down every page that a transaction frees. What is left is removed by the next call;
    /// nobody reads it.
    /// - Returns: whether all are gone.
    @discardableResult
    public func trimJournal(upTo sequence: UInt64, limit: Int = 100_000) throws -> Bool {
        try withCursor(store.tables.journal) { cursor in
            var entry = unsafe try cursor.move(.first)
            for _ in 0..<limit {
                guard let found = unsafe entry, unsafe found.key.loadUnaligned(as: UInt64.self) <= sequence else {
                    return true
                }
                try cursor.delete()
                unsafe entry = try cursor.move(.next)
            }
            return unsafe entry.map { unsafe $0.key.loadUnaligned(as: UInt64.self) > sequence } ?? true
        }
    }
}
