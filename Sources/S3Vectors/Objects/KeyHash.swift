internal import Vectors

/// The place of a key among all keys: the first 128 bits of the SHA-256 of its bytes, in big-endian order.
struct KeyHash: Hashable, Comparable, Sendable {
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    init(_ key: VectorKey) {
        let hash = Digest.sha256(Array(key.text.utf8))
        high = ByteReader(hash[0..<8]).bigEndian()
        low = ByteReader(hash[8..<16]).bigEndian()
    }

    /// 32 hexadecimal digits; nil for anything else.
    init?(_ text: String) {
        guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    var text: String { Self.digits(high) + Self.digits(low) }

    static func < (a: KeyHash, b: KeyHash) -> Bool { (a.high, a.low) < (b.high, b.low) }

    private static func digits(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}

/// Whole numbers out of bytes.
struct ByteReader {
    let bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    func bigEndian() -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    /// The 32 bits at `offset`; the caller knows that they are there.
    func word(_ offset: Int) -> UInt32 {
        let at = bytes.startIndex + offset
        return UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16 | UInt32(bytes[at + 3])
            << 24
    }
}

extension [UInt8] {
    /// In little-endian order.
    mutating func append(word: UInt32) {
        for shift in stride(from: 0, to: 32, by: 8) { append(UInt8(truncatingIfNeeded: word >> UInt32(shift))) }
    }

    mutating func append(bigEndian value: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) { append(UInt8(truncatingIfNeeded: value >> UInt64(shift))) }
    }
}
