internal import Glibc

/// How a file stores a value, and how many of them become float32 at once.
enum ValueKind: Equatable {
    case float16
    case float32
    case float64
    case int8
    case uint8

    var byteCount: Int {
        switch self {
        case .float16: 2
        case .float32: 4
        case .float64: 8
        case .int8, .uint8: 1
        }
    }

    /// Converts `target.count` little-endian values.
    ///
    /// - Parameter source: the bytes of as many values, at any alignment.
    func convert(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableBufferPointer<Float>) {
        precondition(source.count == target.count * byteCount, "\(source.count) bytes for \(target.count) values")
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        // Every address below lies in source or target: their counts were just compared. x86-64 and arm64 are
        // little-endian, as the files are. The loops are plain so that the compiler makes vectors of them.
        switch self {
        case .float32:
            unsafe memcpy(to, from, source.count)
        case .float64:
            for i in 0..<target.count {
                unsafe to[i] = Float(from.loadUnaligned(fromByteOffset: 8 * i, as: Double.self))
            }
        case .float16:
            for i in 0..<target.count {
                unsafe to[i] = Self.float(half: from.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self))
            }
        case .int8:
            for i in 0..<target.count { unsafe to[i] = Float(from.load(fromByteOffset: i, as: Int8.self)) }
        case .uint8:
            for i in 0..<target.count { unsafe to[i] = Float(from.load(fromByteOffset: i, as: UInt8.self)) }
        }
    }

    /// The float32 of the same value: exponent and fraction move up, and one multiplication mends the bias, for
    /// subnormal numbers too. `Float(Float16(...))` is a call a value on processors without the instruction.
    static func float(half bits: UInt16) -> Float {
        let magnitude = UInt32(bits & 0x7FFF) << 13
        let rebias = Float(bitPattern: UInt32(254 - 15) << 23)
        var result = (Float(bitPattern: magnitude) * rebias).bitPattern
        if magnitude >= 0x7C00 << 13 { result |= 0xFF << 23 }
        return Float(bitPattern: result | UInt32(bits & 0x8000) << 16)
    }

    /// Whether one of the values is NaN or infinite: their exponent is all ones, so that one more carries into bit 31.
    static func hasNonFinite(_ values: UnsafeBufferPointer<Float>) -> Bool {
        var carried: UInt32 = 0
        for i in 0..<values.count { unsafe carried |= (values[i].bitPattern & 0x7F80_0000) &+ 0x0080_0000 }
        return carried >> 31 == 1
    }
}
