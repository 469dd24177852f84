internal import Glibc
public import Vectors

/// That a term stands in a field of a row, as a value of the table `terms`: one 64-bit integer in native order, from
/// the top the row (32 bits), how often the term is there (16), and how many terms the field has (16).
///
/// A row's metadata have at most 40,960 bytes and a term takes two of them at least, so that 16 bits hold both counts.
public struct TextPosting: Sendable, Equatable {
    let raw: UInt64

    init(raw: UInt64) { self.raw = raw }

    init(row: UInt32, frequency: Int, length: Int) {
        raw = UInt64(row) << 32 | UInt64(UInt16(clamping: frequency)) << 16 | UInt64(UInt16(clamping: length))
    }

    public var row: Row { Row(UInt32(truncatingIfNeeded: raw >> 32)) }
    public var frequency: Int { Int(raw >> 16 & 0xFFFF) }
    public var length: Int { Int(raw & 0xFFFF) }
}

/// A key of the table `terms`: the field's number, then the term.
struct TermKey: Hashable, Comparable {
    let bytes: [UInt8]

    init(field: UInt8, _ term: Span<UInt8>) {
        bytes = unsafe [UInt8](unsafeUninitializedCapacity: term.count + 1) { buffer, count in
            unsafe buffer[0] = field
            for at in term.indices { unsafe buffer[at + 1] = term[at] }
            count = term.count + 1
        }
    }

    /// In the order of LMDB's keys.
    static func < (a: TermKey, b: TermKey) -> Bool {
        let order = unsafe a.bytes.withUnsafeBytes { x in
            unsafe b.bytes.withUnsafeBytes { y in
                guard let x = x.baseAddress, let y = y.baseAddress else { return Int32(0) }
                return unsafe memcmp(x, y, min(a.bytes.count, b.bytes.count))
            }
        }
        return order < 0 || (order == 0 && a.bytes.count < b.bytes.count)
    }
}
