internal import CLMDB

/// A place in a table. Valid inside the closure it was given to.
@safe struct Cursor {
    let cursor: OpaquePointer
    let path: String

    enum Step {
        case first, last, next, nextKey
        /// The first key not less than the one given.
        case from
        /// The values of the key, as many as lie on one page; then the next such run.
        case values, moreValues
    }

    @unsafe struct Entry {
        let key: UnsafeRawBufferPointer
        let value: UnsafeRawBufferPointer
    }

    /// - Parameter key: where to, for `.from`.
    /// - Returns: what is there; nil past the end.
    func move(_ step: Step, _ key: UnsafeRawBufferPointer? = nil) throws(StorageError) -> Entry? {
        let operation: MDB_cursor_op =
            switch step {
            case .first: MDB_FIRST
            case .last: MDB_LAST
            case .next: MDB_NEXT
            case .nextKey: MDB_NEXT_NODUP
            case .from: MDB_SET_RANGE
            case .values: MDB_GET_MULTIPLE
            case .moreValues: MDB_NEXT_MULTIPLE
            }
        var k = unsafe MDB_val(
            mv_size: key?.count ?? 0, mv_data: UnsafeMutableRawPointer(mutating: key?.baseAddress))
        var v = unsafe MDB_val()
        let code = unsafe mdb_cursor_get(cursor, &k, &v, operation)
        if code == MDB_NOTFOUND { return nil }
        try Environment.check(code, "cursor", path)
        return unsafe Entry(
            key: UnsafeRawBufferPointer(start: k.mv_data, count: k.mv_size),
            value: UnsafeRawBufferPointer(start: v.mv_data, count: v.mv_size))
    }

    /// Removes the entry the cursor is at; the cursor is at the next one then, which `.next` gives.
    func delete() throws(StorageError) {
        try Environment.check(unsafe mdb_cursor_del(cursor, 0), "delete", path)
    }

    /// How many values the key has that the cursor is at.
    func valueCount() throws(StorageError) -> Int {
        var count = 0
        try Environment.check(unsafe mdb_cursor_count(cursor, &count), "cursor", path)
        return count
    }

    /// Removes values of the key the cursor is at, from its first on, at most so many; gives how many. The cursor must
    /// be moved before it is used again.
    func deleteValues(atMost limit: Int) throws(StorageError) -> Int {
        let count = try valueCount()
        if count <= limit {
            try Environment.check(unsafe mdb_cursor_del(cursor, UInt32(MDB_NODUPDATA)), "delete", path)
            return count
        }
        for _ in 0..<limit {
            try delete()
            guard unsafe try move(.next) != nil else { break }
        }
        return limit
    }

    /// Whether `key` has `value` among its values.
    func holds(_ key: UnsafeRawBufferPointer, _ value: some FixedWidthInteger) throws(StorageError) -> Bool {
        var number = value
        let code = unsafe withUnsafeMutableBytes(of: &number) { bytes in
            var k = unsafe MDB_val(mv_size: key.count, mv_data: UnsafeMutableRawPointer(mutating: key.baseAddress))
            var v = unsafe MDB_val(mv_size: bytes.count, mv_data: bytes.baseAddress)
            return unsafe mdb_cursor_get(cursor, &k, &v, MDB_GET_BOTH)
        }
        if code == MDB_NOTFOUND { return false }
        try Environment.check(code, "cursor", path)
        return true
    }
}
