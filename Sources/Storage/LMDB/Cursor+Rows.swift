internal import CLMDB
internal import Glibc

/// Keys of a table of row lists that follow one another: those that begin with the first `prefixBytes` bytes of
/// `first`, from `first` on, up to `last`.
struct KeyRange {
    var first: [UInt8]
    var prefixBytes: Int
    var skipsFirst = false
    /// Nil: to the end of the prefix.
    var last: [UInt8]?
    var includesLast = true

    /// The rows of one key.
    init(key: [UInt8]) {
        first = key
        prefixBytes = key.count
        last = key
    }

    init(first: [UInt8], prefixBytes: Int) {
        self.first = first
        self.prefixBytes = prefixBytes
    }
}

extension Cursor {
    /// Sets, in `bits`, the bit of each row under each key of `range`. Rows beyond the bits are left out.
    ///
    /// - Complexity: about 20 ns a key, and 1 ns a row where many rows share a key (their pages are taken as a whole).
    func setRows(of range: KeyRange, in bits: inout [UInt64]) throws(StorageError) {
        let code = unsafe bits.withUnsafeMutableBufferPointer { bits in
            unsafe range.first.withUnsafeBytes { first in
                unsafe (range.last ?? []).withUnsafeBytes { last in
                    unsafe scan(range, first, range.last == nil ? nil : last, bits)
                }
            }
        }
        if code != MDB_NOTFOUND { try Environment.check(code, "cursor", path) }
    }

    private func scan(
        _ range: KeyRange, _ first: UnsafeRawBufferPointer, _ last: UnsafeRawBufferPointer?,
        _ bits: UnsafeMutableBufferPointer<UInt64>
    ) -> Int32 {
        var key = unsafe MDB_val(mv_size: first.count, mv_data: UnsafeMutableRawPointer(mutating: first.baseAddress))
        var value = unsafe MDB_val()
        var code = unsafe mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE)
        if code == 0, range.skipsFirst, unsafe Self.order(key, first) == 0 {
            code = unsafe mdb_cursor_get(cursor, &key, &value, MDB_NEXT_NODUP)
        }
        while code == 0 {
            guard unsafe key.mv_size >= range.prefixBytes, let start = first.baseAddress,
                unsafe memcmp(key.mv_data, start, range.prefixBytes) == 0
            else { return 0 }
            if let last = unsafe last {
                let order = unsafe Self.order(key, last)
                if order > 0 || (order == 0 && !range.includesLast) { return 0 }
            }
            unsafe Self.set(value, bits)
            let place = unsafe key.mv_data
            code = unsafe mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
            // The same place in the page: another row of the same key.
            if code == 0, unsafe key.mv_data == place { code = unsafe setRest(&key, &value, bits) }
        }
        return code
    }

    /// The rows of the key from the one that the cursor is at, a page at a time; then goes to the next key.
    private func setRest(
        _ key: inout MDB_val, _ value: inout MDB_val, _ bits: UnsafeMutableBufferPointer<UInt64>
    ) -> Int32 {
        unsafe Self.set(value, bits)
        var page = unsafe MDB_val()
        var code = unsafe mdb_cursor_get(cursor, &key, &page, MDB_GET_MULTIPLE)
        while code == 0 {
            unsafe Self.set(page, bits)
            code = unsafe mdb_cursor_get(cursor, &key, &page, MDB_NEXT_MULTIPLE)
        }
        guard code == MDB_NOTFOUND else { return code }
        return unsafe mdb_cursor_get(cursor, &key, &value, MDB_NEXT_NODUP)
    }

    private static func set(_ rows: MDB_val, _ bits: UnsafeMutableBufferPointer<UInt64>) {
        let bytes = unsafe UnsafeRawBufferPointer(start: rows.mv_data, count: rows.mv_size)
        for i in 0..<bytes.count / 4 {
            let row = unsafe bytes.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self)
            let word = Int(row >> 6)
            if word < bits.count { unsafe bits[word] |= 1 << UInt64(row & 63) }
        }
    }

    /// As LMDB orders keys: byte by byte, then the shorter first.
    private static func order(_ key: MDB_val, _ other: UnsafeRawBufferPointer) -> Int {
        guard let start = other.baseAddress else { return unsafe key.mv_size }
        let order = unsafe memcmp(key.mv_data, start, min(key.mv_size, other.count))
        return unsafe order != 0 ? Int(order) : key.mv_size - other.count
    }

    /// How many rows are under `key`.
    func rowCount(_ key: UnsafeRawBufferPointer) throws(StorageError) -> Int {
        var k = unsafe MDB_val(mv_size: key.count, mv_data: UnsafeMutableRawPointer(mutating: key.baseAddress))
        var v = unsafe MDB_val()
        var code = unsafe mdb_cursor_get(cursor, &k, &v, MDB_SET)
        if code == MDB_NOTFOUND { return 0 }
        var count = 0
        if code == 0 { code = unsafe mdb_cursor_count(cursor, &count) }
        try Environment.check(code, "cursor", path)
        return count
    }
}
