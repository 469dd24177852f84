internal import Vectors

/// One way a filter can find a row: a field with one of its values, or that the field is there at all.
///
/// As LMDB's key: 16 bytes seeded hash of the field's name, a type, and the value in an order-preserving form.
public struct PostingKey: Sendable, Hashable {
    let bytes: [UInt8]
}

extension StoreWriter {
    func add(_ posting: PostingKey, _ row: Row) throws {
        var number = row.number
        unsafe try posting.bytes.withUnsafeBytes { key in
            unsafe try withUnsafeBytes(of: &number) {
                unsafe try put(store.tables.postings, key, $0)
            }
        }
    }

    func remove(_ posting: PostingKey, _ row: Row) throws {
        var number = row.number
        unsafe try posting.bytes.withUnsafeBytes { key in
            unsafe try withUnsafeBytes(of: &number) { unsafe _ = try delete(store.tables.postings, key, value: $0) }
        }
    }
}
