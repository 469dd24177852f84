internal import Analysis
internal import CLMDB

extension StoreLookup where Self: ~Copyable {
    func textFieldList() throws -> TextFieldList {
        guard let bytes = unsafe try get(store.tables.meta, TextFieldList.key) else { return TextFieldList() }
        return unsafe try TextFieldList(encoded: bytes, path: path)
    }

    /// The table `terms`, which is there where a field ever was.
    func termTable() throws -> Database {
        guard let terms = store.termTable else {
            throw StorageError.damaged(path: path, what: "it has text fields and no table of terms")
        }
        return terms
    }
}

extension StoreReader {
    /// The fields that full-text search covers, or will.
    public func textFields() throws -> [TextField] { try textFieldList().present }

    /// Whether ``StoreWriter/stepText(rowLimit:postingLimit:)`` has something to do.
    public func hasTextWork() throws -> Bool { try textFieldList().fields.contains { $0.state != .active } }

    /// Whether ``StoreWriter/renewTextFields()`` has something to do.
    public func hasOldText() throws -> Bool {
        try textFieldList().present.contains { $0.analysis != Analyzer.fingerprint }
    }

    /// The rows that have `term` in `field`, in order. All are live.
    ///
    /// - Complexity: copies 8 bytes a row.
    public func postings(of term: Span<UInt8>, in field: TextField) throws -> [TextPosting] {
        let key = TermKey(field: field.number, term)
        return try withCursor(try termTable()) { cursor in
            unsafe try key.bytes.withUnsafeBytes { unsafe try cursor.postings($0) }
        }
    }
}

extension Cursor {
    /// All values of `key`, of a table of 8-byte values.
    fileprivate func postings(_ key: UnsafeRawBufferPointer) throws(StorageError) -> [TextPosting] {
        var out: [TextPosting] = []
        let code = unsafe collect(key, &out)
        if code != MDB_NOTFOUND { try Environment.check(code, "cursor", path) }
        return out
    }

    private func collect(_ key: UnsafeRawBufferPointer, _ out: inout [TextPosting]) -> Int32 {
        var k = unsafe MDB_val(mv_size: key.count, mv_data: UnsafeMutableRawPointer(mutating: key.baseAddress))
        var page = unsafe MDB_val()
        var code = unsafe mdb_cursor_get(cursor, &k, &page, MDB_SET)
        guard code == 0 else { return code }
        var count = 0
        code = unsafe mdb_cursor_count(cursor, &count)
        guard code == 0 else { return code }
        out.reserveCapacity(count)
        // LMDB gives no page of a key that has one value.
        if count > 1 { code = unsafe mdb_cursor_get(cursor, &k, &page, MDB_GET_MULTIPLE) }
        while code == 0 {
            let bytes = unsafe UnsafeRawBufferPointer(start: page.mv_data, count: page.mv_size)
            for at in stride(from: 0, to: bytes.count - 7, by: 8) {
                out.append(TextPosting(raw: unsafe bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
            }
            if count == 1 { break }
            code = unsafe mdb_cursor_get(cursor, &k, &page, MDB_NEXT_MULTIPLE)
        }
        return code
    }
}
