// How numbers lie in what the store keeps: little-endian, at any offset.

extension [UInt8] {
    mutating func appendInteger<T: FixedWidthInteger>(_ value: T) {
        for shift in stride(from: 0, to: T.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}

extension UnsafeRawBufferPointer {
    /// The caller has checked that `offset` and the bytes behind it are inside.
    func integer<T: FixedWidthInteger>(at offset: Int, _: T.Type) -> T {
        unsafe T(littleEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
    }
}
