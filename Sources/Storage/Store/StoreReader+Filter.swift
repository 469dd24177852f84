internal import Glibc
public import Vectors

extension StoreReader {
    /// The live rows whose metadata matches, from the postings alone.
    ///
    /// - Complexity: the rows that each condition matches, plus one bit for each row ever given.
    public func rows(matching filter: Filter) throws -> RowSet {
        var rows = try evaluate(filter)
        rows.formIntersection(try liveRows())
        return rows
    }

    /// The live rows of this moment.
    public func liveRows() throws -> RowSet {
        let rowCount = Int(try storedCounters().nextRow)
        var words = [UInt64](repeating: 0, count: (rowCount + 63) / 64)
        try withCursor(store.tables.live) { cursor in
            var entry = unsafe try cursor.move(.first)
            while let found = unsafe entry {
                let first = unsafe Int(found.key.loadUnaligned(as: UInt32.self)) * LiveChunk.wordCount
                for i in unsafe 0..<min(LiveChunk.wordCount, found.value.count / 8) where first + i < words.count {
                    words[first + i] = unsafe found.value.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self)
                }
                unsafe entry = try cursor.move(.next)
            }
        }
        return RowSet(words: words)
    }

    func has(_ posting: PostingKey, _ row: Row) throws -> Bool {
        unsafe try posting.bytes.withUnsafeBytes { key in
            try withCursor(store.tables.postings) { unsafe try $0.holds(key, row.number) }
        }
    }

    /// Dead rows may be in the result.
    private func evaluate(_ filter: Filter) throws -> RowSet {
        switch filter {
        case .and(let filters):
            guard let first = filters.first else { return RowSet() }
            var rows = try evaluate(first)
            for filter in filters.dropFirst() where !rows.isEmpty { rows.formIntersection(try evaluate(filter)) }
            return rows
        case .or(let filters):
            var rows = RowSet()
            for filter in filters { rows.formUnion(try evaluate(filter)) }
            return rows
        case .field(let name, let conditions):
            guard let first = conditions.first else { return RowSet() }
            var rows = try evaluate(name, first)
            for condition in conditions.dropFirst() { rows.formIntersection(try evaluate(name, condition)) }
            return rows
        }
    }

    private func evaluate(_ field: String, _ condition: Filter.Condition) throws -> RowSet {
        switch condition {
        case .equal(let scalar): return try union(field, [scalar])
        case .among(let scalars): return try union(field, scalars)
        case .notEqual(let scalar): return try present(field, but: union(field, [scalar]))
        case .notAmong(let scalars): return try present(field, but: union(field, scalars))
        case .exists(true): return try present(field, but: RowSet())
        case .exists(false):
            var rows = try liveRows()
            rows.subtract(try present(field, but: RowSet()))
            return rows
        case .greater(let bound): return try range(field, from: bound, open: true, to: nil)
        case .greaterOrEqual(let bound): return try range(field, from: bound, open: false, to: nil)
        case .less(let bound): return try range(field, from: nil, open: false, to: bound)
        case .lessOrEqual(let bound): return try range(field, from: nil, open: false, to: bound, closed: true)
        case .startsWith(let prefix): return try starting(field, prefix)
        }
    }

    private func union(_ field: String, _ scalars: [FilterScalar]) throws -> RowSet {
        var bits = try emptyBits()
        for scalar in scalars {
            let key = store.posting(field, scalar).bytes
            unsafe try collect(from: key, into: &bits) { unsafe $0.elementsEqual(key) }
        }
        return RowSet(words: bits)
    }

    private func present(_ field: String, but other: RowSet) throws -> RowSet {
        var bits = try emptyBits()
        let key = store.posting(field, .exists, []).bytes
        unsafe try collect(from: key, into: &bits) { unsafe $0.elementsEqual(key) }
        var rows = RowSet(words: bits)
        rows.subtract(other)
        return rows
    }

    /// Numbers from `low` (not itself, if `open`) to `high` (itself, if `closed`).
    private func range(
        _ field: String, from low: Double?, open: Bool, to high: Double?, closed: Bool = false
    ) throws -> RowSet {
        var bits = try emptyBits()
        let head = store.posting(field, .number, []).bytes
        let first = head + (low.map(Store.sortable) ?? [])
        let last = high.map { head + Store.sortable($0) }
        unsafe try collect(from: first, into: &bits) { key in
            guard unsafe Self.begins(key, with: head) else { return false }
            guard let last else { return true }
            let order = unsafe Self.compare(key, last)
            return closed ? order <= 0 : order < 0
        } skipping: { key in
            unsafe open && key.elementsEqual(first)
        }
        return RowSet(words: bits)
    }

    private func starting(_ field: String, _ prefix: String) throws -> RowSet {
        let bytes = Array(prefix.utf8)
        var bits = try emptyBits()
        let key = store.posting(field, .string, Array(bytes.prefix(PostingKey.stringLimit))).bytes
        unsafe try collect(from: key, into: &bits) { unsafe Self.begins($0, with: key) }
        var rows = RowSet(words: bits)
        guard bytes.count > PostingKey.stringLimit else { return rows }
        // The key holds less of the string than was asked for: the metadata decides.
        let filter = Filter.field(field, [.startsWith(prefix)])
        for row in rows.rows {
            guard let record = try findRecord(row), filter.matches(try Metadata(encoded: record.encodedMetadata)) else {
                rows.remove(row)
                continue
            }
        }
        return rows
    }

    private func emptyBits() throws -> [UInt64] {
        [UInt64](repeating: 0, count: (Int(try storedCounters().nextRow) + 63) / 64)
    }

    /// Sets the bits of the rows under each key from `first` on, as long as `goes` says yes.
    private func collect(
        from first: [UInt8], into bits: inout [UInt64], while goes: (UnsafeRawBufferPointer) -> Bool,
        skipping skips: (UnsafeRawBufferPointer) -> Bool = { _ in false }
    ) throws {
        try withCursor(store.tables.postings) { cursor in
            var entry = unsafe try first.withUnsafeBytes { unsafe try cursor.move(.from, $0) }
            while let found = unsafe entry, unsafe goes(found.key) {
                let isWanted = unsafe !skips(found.key)
                if isWanted { unsafe Self.set(found.value, &bits) }
                // Most keys of a range have one row: one step each. What has more is read a page at a time.
                unsafe entry = try cursor.move(.next)
                guard let next = unsafe entry, unsafe Self.isSame(next.key, found.key) else { continue }
                if isWanted {
                    if let run = unsafe try cursor.move(.values) { unsafe Self.set(run.value, &bits) }
                    while let more = unsafe try cursor.move(.moreValues) { unsafe Self.set(more.value, &bits) }
                }
                unsafe entry = try cursor.move(.nextKey)
            }
        }
    }

    /// As memcmp: these run for each key of a range.
    private static func begins(_ key: UnsafeRawBufferPointer, with head: [UInt8]) -> Bool {
        guard key.count >= head.count, let start = key.baseAddress else { return false }
        return unsafe memcmp(start, head, head.count) == 0
    }

    private static func compare(_ key: UnsafeRawBufferPointer, _ other: [UInt8]) -> Int {
        guard let start = key.baseAddress else { return -1 }
        let order = unsafe Int(memcmp(start, other, min(key.count, other.count)))
        return order != 0 ? order : key.count - other.count
    }

    private static func isSame(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        guard a.count == b.count, let x = a.baseAddress, let y = b.baseAddress else { return false }
        return unsafe x == y || memcmp(x, y, a.count) == 0
    }

    private static func set(_ rows: UnsafeRawBufferPointer, _ bits: inout [UInt64]) {
        unsafe bits.withUnsafeMutableBufferPointer { bits in
            for at in stride(from: 0, to: rows.count - 3, by: 4) {
                let row = unsafe rows.loadUnaligned(fromByteOffset: at, as: UInt32.self)
                if Int(row >> 6) < bits.count { unsafe bits[Int(row >> 6)] |= 1 << UInt64(row & 63) }
            }
        }
    }
}
