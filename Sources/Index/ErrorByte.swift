internal import Glibc

/// The squared error |x - decoded|^2 of a row's code as one byte on a log scale: six steps to a doubling, 2^-21 to
/// 2^21.
public enum ErrorByte {
    public static func encode(_ squaredError: Float) -> UInt8 {
        guard squaredError > 0 else { return 0 }
        return UInt8(max(0, min(255, (6 * log2f(squaredError) + 128).rounded())))
    }

    /// The squared error in the middle of the step.
    public static func decode(_ byte: UInt8) -> Float { exp2f((Float(byte) - 128) / 6) }
}
