internal import CKernels
public import Vectors

/// 128 bits that stand for the float32 bytes of one vector (XXH3-128, unseeded).
public struct Fingerprint: Sendable, Hashable {
    public let low: UInt64
    public let high: UInt64

    public init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    public init(of values: ArraySlice<Float>) {
        self = unsafe values.withUnsafeBytes { unsafe Fingerprint(ofBytes: $0) }
    }

    public init(of values: [Float]) { self.init(of: values[...]) }

    /// The bytes are float32, little-endian, as they are on every machine that this builds for.
    init(ofBytes bytes: UnsafeRawBufferPointer) {
        let hash = unsafe mv_hash128_of(bytes.baseAddress, bytes.count, 0)
        low = hash.low
        high = hash.high
    }
}

/// What the store keeps of a live row beside its vector.
///
///     byte   bytes   what
///     0      1       1, the version of this form
///     1      16      fingerprint of the vector
///     17     4       version of the metadata: 1 when put, one more with each change
///     21     2       bytes of the key
///     23     ...     key, then encoded metadata to the end
public struct RowRecord: Sendable, Equatable {
    public let key: VectorKey
    public let fingerprint: Fingerprint
    public var metadataVersion: UInt32
    /// As `Metadata.encoded` gave it.
    public var encodedMetadata: [UInt8]

    static let version: UInt8 = 1
    static let headBytes = 23

    init(key: VectorKey, fingerprint: Fingerprint, metadataVersion: UInt32 = 1, encodedMetadata: [UInt8]) {
        self.key = key
        self.fingerprint = fingerprint
        self.metadataVersion = metadataVersion
        self.encodedMetadata = encodedMetadata
    }

    /// - Throws: ``StorageError/damaged(path:what:)``.
    init(bytes: UnsafeRawBufferPointer, path: String) throws(StorageError) {
        let keyBytes = try unsafe Self.keyBytes(bytes, path: path)
        guard let key = try? VectorKey(unsafe String(decoding: keyBytes, as: UTF8.self)) else {
            throw .damaged(path: path, what: "a row record has no key")
        }
        self.key = key
        fingerprint = unsafe Fingerprint(
            low: bytes.loadUnaligned(fromByteOffset: 1, as: UInt64.self).littleEndian,
            high: bytes.loadUnaligned(fromByteOffset: 9, as: UInt64.self).littleEndian)
        metadataVersion = unsafe bytes.loadUnaligned(fromByteOffset: 17, as: UInt32.self).littleEndian
        encodedMetadata = unsafe Array(bytes[(Self.headBytes + keyBytes.count)...])
    }

    /// The key's bytes in a record, without the rest.
    static func keyBytes(_ bytes: UnsafeRawBufferPointer, path: String) throws(StorageError) -> UnsafeRawBufferPointer {
        guard bytes.count >= headBytes, unsafe bytes[0] == version else {
            throw .damaged(path: path, what: "a row record of \(bytes.count) bytes has no head")
        }
        let count = unsafe Int(bytes.loadUnaligned(fromByteOffset: 21, as: UInt16.self).littleEndian)
        guard headBytes + count <= bytes.count else {
            throw .damaged(path: path, what: "a row record of \(bytes.count) bytes has a key of \(count)")
        }
        return unsafe UnsafeRawBufferPointer(rebasing: bytes[headBytes..<headBytes + count])
    }

    var byteCount: Int { Self.headBytes + key.text.utf8.count + encodedMetadata.count }

    /// Fills exactly ``byteCount`` bytes.
    func write(to bytes: UnsafeMutableRawBufferPointer) {
        unsafe bytes[0] = Self.version
        unsafe bytes.storeBytes(of: fingerprint.low.littleEndian, toByteOffset: 1, as: UInt64.self)
        unsafe bytes.storeBytes(of: fingerprint.high.littleEndian, toByteOffset: 9, as: UInt64.self)
        unsafe bytes.storeBytes(of: metadataVersion.littleEndian, toByteOffset: 17, as: UInt32.self)
        let keyCount = key.text.utf8.count
        unsafe bytes.storeBytes(of: UInt16(keyCount).littleEndian, toByteOffset: 21, as: UInt16.self)
        var text = key.text
        text.withUTF8 {
            unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[Self.headBytes..<Self.headBytes + keyCount])
                .copyMemory(from: UnsafeRawBufferPointer($0))
        }
        unsafe encodedMetadata.withUnsafeBytes {
            unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[(Self.headBytes + keyCount)...]).copyMemory(from: $0)
        }
    }
}
