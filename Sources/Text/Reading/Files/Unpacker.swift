internal import CCompression

/// Unpacks a stream of bytes piece by piece; of files that were joined, one behind the other.
protocol Unpacker: AnyObject {
    /// Unpacks what it can of `bytes`, and says how many of them it used.
    func unpack(_ bytes: [UInt8]) -> (unpacked: [UInt8], used: Int)
    /// Nothing more can be unpacked.
    var isBroken: Bool { get }
    /// Whether the last stream is whole.
    var isAtEnd: Bool { get }
}

/// What one call unpacks at most.
let unpackedPieceBytes = 1 << 20

/// gzip, by zlib.
///
/// The unsafe code here is sound: zlib reads from and writes to arrays that outlive each call.
@safe final class GzipUnpacker: Unpacker {
    private var stream = unsafe z_stream()
    private(set) var isBroken = false
    private(set) var isAtEnd = false

    init() {
        // 32 more than the largest window: gzip and zlib are told apart by themselves.
        isBroken =
            unsafe inflateInit2_(&stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) != Z_OK
    }

    deinit { unsafe _ = inflateEnd(&stream) }

    func unpack(_ bytes: [UInt8]) -> (unpacked: [UInt8], used: Int) {
        if isAtEnd {
            isBroken = unsafe inflateReset(&stream) != Z_OK
            isAtEnd = false
        }
        guard !isBroken else { return ([], 0) }
        var bytes = bytes, used = 0
        let unpacked = unsafe [UInt8](unsafeUninitializedCapacity: unpackedPieceBytes) { out, count in
            unsafe bytes.withUnsafeMutableBufferPointer { input in
                unsafe stream.next_in = input.baseAddress
                unsafe stream.avail_in = UInt32(input.count)
                unsafe stream.next_out = out.baseAddress
                unsafe stream.avail_out = UInt32(unpackedPieceBytes)
                let status = unsafe inflate(&stream, Z_NO_FLUSH)
                used = unsafe input.count - Int(stream.avail_in)
                isAtEnd = status == Z_STREAM_END
                isBroken = status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR
            }
            count = unsafe unpackedPieceBytes - Int(stream.avail_out)
        }
        return (unpacked, used)
    }
}

/// bzip2, by its library.
///
/// The unsafe code here is sound, as above.
@safe final class BzipUnpacker: Unpacker {
    private var stream = unsafe bz_stream()
    private(set) var isBroken = false
    private(set) var isAtEnd = false

    init() { isBroken = unsafe BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK }

    deinit { unsafe _ = BZ2_bzDecompressEnd(&stream) }

    func unpack(_ bytes: [UInt8]) -> (unpacked: [UInt8], used: Int) {
        if isAtEnd {
            unsafe _ = BZ2_bzDecompressEnd(&stream)
            unsafe stream = bz_stream()
            isBroken = unsafe BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK
            isAtEnd = false
        }
        guard !isBroken else { return ([], 0) }
        var used = 0
        let unpacked = unsafe [UInt8](unsafeUninitializedCapacity: unpackedPieceBytes) { out, count in
            unsafe bytes.withUnsafeBytes { input in
                unsafe out.withMemoryRebound(to: CChar.self) { out in
                    unsafe stream.next_in = UnsafeMutablePointer(
                        mutating: input.baseAddress?.assumingMemoryBound(to: CChar.self))
                    unsafe stream.avail_in = UInt32(input.count)
                    unsafe stream.next_out = out.baseAddress
                    unsafe stream.avail_out = UInt32(unpackedPieceBytes)
                    let status = unsafe BZ2_bzDecompress(&stream)
                    used = unsafe input.count - Int(stream.avail_in)
                    isAtEnd = status == BZ_STREAM_END
                    isBroken = status != BZ_OK && status != BZ_STREAM_END
                }
            }
            count = unsafe unpackedPieceBytes - Int(stream.avail_out)
        }
        return (unpacked, used)
    }
}
