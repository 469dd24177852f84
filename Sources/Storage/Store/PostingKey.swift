public import Vectors

/// One way a filter can find a row: a field with one of its values, or that the field is there at all.
///
/// As the key of LMDB's table `postings`, whose values are rows:
///
///     byte   bytes   what
///     0      16      seeded XXH3-128 of the field's name
///     16     1       0 exists, 1 boolean, 2 number, 3 string
///     17     ...     boolean: one byte; number: 8 bytes that sort as the numbers do; string: its bytes, and if there
///                    are more than 400, the first 400 and the seeded hash of all
///
/// Rows that died stay until compaction; whoever reads masks them by the live bits.
public struct PostingKey: Sendable, Hashable {
    let bytes: [UInt8]

    static let stringLimit = 400
    enum Kind: UInt8 { case exists, boolean, number, string }
}

extension Store {
    /// The postings of a row with this metadata; none for the non-filterable fields.
    public func postings(of metadata: Metadata, nonFilterable: [String]) -> [PostingKey] {
        var out: [PostingKey] = []
        for field in metadata.fields {
            guard !nonFilterable.contains(where: { $0.utf8.elementsEqual(field.name.utf8) }) else { continue }
            out.append(posting(field.name, .exists, []))
            for scalar in FilterScalar.all(field.value) {
                let key = posting(field.name, scalar)
                if !out.contains(key) { out.append(key) }
            }
        }
        return out
    }

    func posting(_ field: String, _ kind: PostingKey.Kind, _ value: [UInt8]) -> PostingKey {
        PostingKey(bytes: seededHash(Array(field.utf8)) + [kind.rawValue] + value)
    }

    func posting(_ field: String, _ scalar: FilterScalar) -> PostingKey {
        switch scalar {
        case .boolean(let flag): return posting(field, .boolean, [flag ? 1 : 0])
        case .number(let number): return posting(field, .number, Self.sortable(number))
        case .string(let text):
            let bytes = Array(text.utf8)
            return posting(
                field, .string,
                bytes.count <= PostingKey.stringLimit
                    ? bytes : Array(bytes[..<PostingKey.stringLimit]) + seededHash(bytes))
        }
    }

    /// Eight bytes that compare as the numbers do; -0 is 0.
    static func sortable(_ number: Double) -> [UInt8] {
        let ordered = FilterScalar.orderKey(number)
        return (0..<8).map { UInt8(truncatingIfNeeded: ordered >> (56 - 8 * UInt64($0))) }
    }
}

extension StoreWriter {
    func add(_ posting: PostingKey, _ row: Row) throws {
        var number = row.number
        unsafe try posting.bytes.withUnsafeBytes { key in
            unsafe try withUnsafeBytes(of: &number) { unsafe try put(store.tables.postings, key, $0) }
        }
    }

    func remove(_ posting: PostingKey, _ row: Row) throws {
        var number = row.number
        unsafe try posting.bytes.withUnsafeBytes { key in
            unsafe try withUnsafeBytes(of: &number) { unsafe _ = try delete(store.tables.postings, key, value: $0) }
        }
    }
}
