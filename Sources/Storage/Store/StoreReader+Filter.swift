public import Vectors

// A filter becomes a set of rows by the postings: each condition sets bits, and what is left is masked by the live
// rows.
//
// Two things keep it near the number of rows that match:
// * of an "and", the branch that can match least goes first, and once few rows are left their metadata is read instead;
// * bounds on both sides of one field are one range, but for rows where the field is an array of several elements: one
//   element may satisfy the lower bound and another the upper.
extension StoreReader {
    /// The live rows whose metadata matches.
    ///
    /// - Parameter filter: must not name a field that was declared non-filterable (`Filter.init` refuses it).
    /// - Complexity: the rows that the conditions match (numbers: the different numbers in the range), plus one bit for
    ///   each row ever given.
    public func rows(matching filter: Filter) throws -> RowSet {
        let live = try liveRows()
        return try withCursor(store.tables.postings) { cursor in
            let counters = try storedCounters()
            let evaluation = FilterEvaluation(
                store: store, cursor: cursor, rowCount: Int(counters.nextRow), live: live)
            var rows = try evaluation.rows(matching: filter) { row in
                try findRecord(row).map { try Metadata(encoded: $0.encodedMetadata) }
            }
            rows.formIntersection(live)
            return rows
        }
    }

    func has(_ posting: PostingKey, _ row: Row) throws -> Bool {
        unsafe try posting.bytes.withUnsafeBytes { key in
            try withCursor(store.tables.postings) { unsafe try $0.holds(key, row.number) }
        }
    }
}

/// One filter at one moment. Sets may hold dead rows until the end.
struct FilterEvaluation {
    let store: Store
    let cursor: Cursor
    /// Rows ever given.
    let rowCount: Int
    let live: RowSet

    typealias MetadataOf = (Row) throws -> Metadata?

    /// Reading a row's metadata costs as much as about so many rows of a posting.
    private static let metadataCost = 200

    func rows(matching filter: Filter, _ metadata: MetadataOf) throws -> RowSet {
        switch filter {
        case .and(let filters):
            return try all(filters.map { ($0, try estimate($0)) }, metadata)
        case .or(let filters):
            var rows = RowSet()
            for filter in filters { rows.formUnion(try self.rows(matching: filter, metadata)) }
            return rows
        case .field(let name, let conditions):
            if let condition = conditions.first, conditions.count == 1 {
                return try one(name, condition, metadata)
            }
            if let rows = try between(name, conditions, metadata) { return rows }
            return try all(
                conditions.map { (Filter.field(name, [$0]), try estimate(name, $0)) }, metadata)
        }
    }

    private func all(_ filters: [(filter: Filter, most: Int)], _ metadata: MetadataOf) throws -> RowSet {
        let ordered = filters.sorted { $0.most < $1.most }
        guard let first = ordered.first else { return RowSet() }
        var rows = try self.rows(matching: first.filter, metadata)
        rows.formIntersection(live)
        for (filter, most) in ordered.dropFirst() {
            let left = rows.count
            if left == 0 { return rows }
            if left * Self.metadataCost < most {
                try keep(&rows, metadata) { filter.matches($0) }
            } else {
                rows.formIntersection(try self.rows(matching: filter, metadata))
            }
        }
        return rows
    }

    private func keep(_ rows: inout RowSet, _ metadata: MetadataOf, _ test: (Metadata) -> Bool) throws {
        for row in rows.rows where !(try metadata(row).map(test) ?? false) { rows.remove(row) }
    }

    // MARK: How many at most

    private func estimate(_ filter: Filter) throws -> Int {
        switch filter {
        case .and(let filters): try filters.map { try estimate($0) }.min() ?? 0
        case .or(let filters): min(rowCount, try filters.reduce(0) { $0 + (try estimate($1)) })
        case .field(let name, let conditions): try conditions.map { try estimate(name, $0) }.min() ?? 0
        }
    }

    private func estimate(_ field: String, _ condition: Filter.Condition) throws -> Int {
        let postings = FieldPostings(field, store)
        switch condition {
        case .equal(let scalar): return try count(postings.key(scalar))
        case .among(let scalars): return min(rowCount, try scalars.reduce(0) { $0 + (try count(postings.key($1))) })
        default: return rowCount
        }
    }

    private func count(_ key: PostingKey) throws -> Int {
        unsafe try key.bytes.withUnsafeBytes { unsafe try cursor.rowCount($0) }
    }

    // MARK: One condition

    private func one(_ field: String, _ condition: Filter.Condition, _ metadata: MetadataOf) throws -> RowSet {
        let postings = FieldPostings(field, store)
        switch condition {
        case .equal(let scalar): return try equal(postings, [scalar])
        case .among(let scalars): return try equal(postings, scalars)
        case .notEqual(let scalar): return try present(postings, but: equal(postings, [scalar]))
        case .notAmong(let scalars): return try present(postings, but: equal(postings, scalars))
        case .exists(true): return try present(postings, but: RowSet())
        case .exists(false):
            var rows = live
            rows.subtract(try present(postings, but: RowSet()))
            return rows
        case .greater, .greaterOrEqual, .less, .lessOrEqual:
            var bounds = NumberBounds()
            bounds.narrow(condition)
            return try collect([bounds.range(postings)])
        case .startsWith(let prefix): return try starting(field, postings, prefix, metadata)
        }
    }

    private func equal(_ postings: FieldPostings, _ scalars: [FilterScalar]) throws -> RowSet {
        try collect(scalars.map { KeyRange(key: postings.key($0).bytes) })
    }

    private func present(_ postings: FieldPostings, but other: RowSet) throws -> RowSet {
        var rows = try collect([KeyRange(key: postings.key(.exists).bytes)])
        rows.subtract(other)
        return rows
    }

    private func starting(
        _ field: String, _ postings: FieldPostings, _ prefix: String, _ metadata: MetadataOf
    ) throws -> RowSet {
        let bytes = Array(prefix.utf8.prefix(PostingKey.stringLimit))
        let key = postings.key(.string, bytes).bytes
        var rows = try collect([KeyRange(first: key, prefixBytes: key.count)])
        if prefix.utf8.count > PostingKey.stringLimit {
            // The key holds less of the string than was asked for: the metadata decides.
            rows.formIntersection(live)
            let filter = Filter.field(field, [.startsWith(prefix)])
            try keep(&rows, metadata) { filter.matches($0) }
        }
        return rows
    }

    /// Bounds alone, on both sides: one range. Nil when there are other conditions.
    private func between(
        _ field: String, _ conditions: [Filter.Condition], _ metadata: MetadataOf
    ) throws -> RowSet? {
        var bounds = NumberBounds()
        for condition in conditions { guard bounds.narrow(condition) else { return nil } }
        let postings = FieldPostings(field, store)
        var several = try collect([KeyRange(key: postings.key(.several).bytes)])
        several.formIntersection(live)
        let severalCount = several.count
        // More than one scan of both sides would cost.
        guard severalCount * Self.metadataCost < 2 * rowCount + Self.metadataCost else { return nil }
        var rows = try collect(bounds.isEmpty ? [] : [bounds.range(postings)])
        guard severalCount > 0 else { return rows }
        let filter = Filter.field(field, conditions)
        try keep(&several, metadata) { filter.matches($0) }
        rows.formUnion(several)
        return rows
    }

    private func collect(_ ranges: [KeyRange]) throws -> RowSet {
        var bits = [UInt64](repeating: 0, count: (rowCount + 63) / 64)
        for range in ranges { try cursor.setRows(of: range, in: &bits) }
        return RowSet(words: bits)
    }
}

/// What several bounds on a number leave.
struct NumberBounds {
    private var low: (value: Double, isOpen: Bool)?
    private var high: (value: Double, isOpen: Bool)?

    /// False when `condition` is no bound.
    @discardableResult
    mutating func narrow(_ condition: Filter.Condition) -> Bool {
        switch condition {
        case .greater(let value): raise(value, isOpen: true)
        case .greaterOrEqual(let value): raise(value, isOpen: false)
        case .less(let value): lower(value, isOpen: true)
        case .lessOrEqual(let value): lower(value, isOpen: false)
        default: return false
        }
        return true
    }

    private mutating func raise(_ value: Double, isOpen: Bool) {
        if let low, low.value > value || (low.value == value && low.isOpen) { return }
        low = (value, isOpen)
    }

    private mutating func lower(_ value: Double, isOpen: Bool) {
        if let high, high.value < value || (high.value == value && high.isOpen) { return }
        high = (value, isOpen)
    }

    var isEmpty: Bool {
        guard let low, let high else { return false }
        return low.value > high.value || (low.value == high.value && (low.isOpen || high.isOpen))
    }

    func range(_ postings: FieldPostings) -> KeyRange {
        let head = postings.key(.number).bytes
        var range = KeyRange(
            first: head + (low.map { FieldPostings.sortable($0.value) } ?? []), prefixBytes: head.count)
        range.skipsFirst = low?.isOpen ?? false
        range.last = high.map { head + FieldPostings.sortable($0.value) }
        range.includesLast = !(high?.isOpen ?? false)
        return range
    }
}
