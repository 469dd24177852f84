internal import CCrypto

/// SHA-256 and HMAC-SHA-256 of OpenSSL.
///
/// The unsafe code here is sound: each call reads the bytes of an array or buffer that outlives it and writes into 32
/// bytes that are there.
package enum Digest {
    package static let byteCount = 32

    package static func sha256(_ bytes: some Collection<UInt8>) -> [UInt8] {
        func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
            unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { out, count in
                unsafe SHA256(bytes.baseAddress, bytes.count, out.baseAddress)
                count = byteCount
            }
        }
        return unsafe bytes.withContiguousStorageIfAvailable(hash) ?? Array(bytes).withUnsafeBufferPointer(hash)
    }

    package static func hmac(key: [UInt8], _ text: some StringProtocol) -> [UInt8] {
        let text = Array(text.utf8)
        return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { out, count in
            var written: UInt32 = 0
            unsafe HMAC(EVP_sha256(), key, Int32(key.count), text, text.count, out.baseAddress, &written)
            count = byteCount
        }
    }

    package static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var out: [UInt8] = []
        out.reserveCapacity(2 * bytes.count)
        for byte in bytes { out += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: out, as: UTF8.self)
    }

    /// Whether they are the same, in a time that does not depend on where they differ.
    package static func areEqual(_ a: some StringProtocol, _ b: some StringProtocol) -> Bool {
        let a = Array(a.utf8), b = Array(b.utf8)
        return a.count == b.count && (unsafe CRYPTO_memcmp(a, b, a.count)) == 0
    }
}
