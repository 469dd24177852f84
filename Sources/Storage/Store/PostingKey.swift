internal import Glibc
public import Vectors

/// One way a filter can find a row: a field with one of its values, or that the field is there at all.
///
/// As the key of LMDB's table `postings`, whose values are rows:
///
///     byte   bytes   what
///     0      16      seeded XXH3-128 of the field's name
///     16     1       0 the field is there, 1 boolean, 2 number, 3 string, 4 the field is an array of several elements
///     17     ...     boolean: one byte; number: 8 bytes that sort as the numbers do; string: its bytes, and if there
///                    are more than 400, the first 400 and the seeded hash of all; else nothing
///
/// Rows that died stay until compaction; whoever reads masks them by the live bits.
public struct PostingKey: Sendable, Hashable {
    let bytes: [UInt8]

    static let stringLimit = 400
    /// Bytes of field and kind.
    static let headBytes = 17
    enum Kind: UInt8 { case exists, boolean, number, string, several }
}

extension PostingKey: Comparable {
    /// In the order of LMDB's keys.
    public static func < (a: PostingKey, b: PostingKey) -> Bool {
        let order = unsafe a.bytes.withUnsafeBytes { x in
            unsafe b.bytes.withUnsafeBytes { y in
                guard let x = x.baseAddress, let y = y.baseAddress else { return Int32(0) }
                return unsafe memcmp(x, y, min(a.bytes.count, b.bytes.count))
            }
        }
        return order < 0 || (order == 0 && a.bytes.count < b.bytes.count)
    }
}

/// Makes the postings of one field: its name is hashed once.
struct FieldPostings {
    private let hash: [UInt8]
    private let store: Store

    init(_ field: String, _ store: Store) {
        self.store = store
        hash = store.seededHash(Array(field.utf8))
    }

    func key(_ kind: PostingKey.Kind, _ value: [UInt8] = []) -> PostingKey {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(PostingKey.headBytes + value.count)
        bytes.append(contentsOf: hash)
        bytes.append(kind.rawValue)
        bytes.append(contentsOf: value)
        return PostingKey(bytes: bytes)
    }

    func key(_ scalar: FilterScalar) -> PostingKey {
        switch scalar {
        case .boolean(let flag): return key(.boolean, [flag ? 1 : 0])
        case .number(let number): return key(.number, Self.sortable(number))
        case .string(let text):
            let bytes = Array(text.utf8)
            return key(
                .string,
                bytes.count <= PostingKey.stringLimit
                    ? bytes : Array(bytes[..<PostingKey.stringLimit]) + store.seededHash(bytes))
        }
    }

    /// All of a field with this value.
    func keys(of value: JSONValue) -> [PostingKey] {
        let scalars = FilterScalar.all(value)
        guard scalars.count > 1 else { return [key(.exists)] + scalars.map(key) }
        return [key(.exists), key(.several)] + Set(scalars.map(key)).sorted()
    }

    /// Eight bytes that compare as the numbers do; -0 is 0.
    static func sortable(_ number: Double) -> [UInt8] {
        let ordered = FilterScalar.orderKey(number)
        return (0..<8).map { UInt8(truncatingIfNeeded: ordered >> (56 - 8 * UInt64($0))) }
    }
}

extension Store {
    /// The postings of a row with this metadata; none for the non-filterable fields.
    public func postings(of metadata: Metadata, nonFilterable: [String]) -> [PostingKey] {
        var out: [PostingKey] = []
        for field in metadata.fields {
            guard !nonFilterable.contains(where: { $0.utf8.elementsEqual(field.name.utf8) }) else { continue }
            out.append(contentsOf: FieldPostings(field.name, self).keys(of: field.value))
        }
        return out
    }
}

extension StoreWriter {
    func add(_ posting: PostingKey, _ row: Row) throws {
        var number = row.number
        unsafe try posting.bytes.withUnsafeBytes { key in
            unsafe try withUnsafeBytes(of: &number) { unsafe try put(store.tables.postings, key, $0) }
        }
    }

    /// The same for a row that is larger than every row that the posting has.
    func append(_ posting: PostingKey, _ row: Row) throws {
        var number = row.number
        unsafe try posting.bytes.withUnsafeBytes { key in
            unsafe try withUnsafeBytes(of: &number) { unsafe try put(store.tables.postings, key, $0, .appendValue) }
        }
    }

    func remove(_ posting: PostingKey, _ row: Row) throws {
        var number = row.number
        unsafe try posting.bytes.withUnsafeBytes { key in
            unsafe try withUnsafeBytes(of: &number) { unsafe _ = try delete(store.tables.postings, key, value: $0) }
        }
    }
}
