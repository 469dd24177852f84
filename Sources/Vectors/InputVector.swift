/// The judgement on a vector that came from outside: rounded to float32 first, then judged.
///
/// Under cosine a vector is refused for its norm only if every value is 0 as a float32 (1e-46 is). Values whose squares
/// no float32 holds, as 1e-30 or 1e30, are fine, as they are to S3 Vectors: norms and distances are taken in double
/// precision there, whose range all squares of float32 are in.
public enum InputVector {
    /// Checks `values`, which are float32 already: count, finiteness, and under cosine a norm.
    ///
    /// - Parameter key: the vector's key for the message; nil for a query.
    /// - Throws: ``InputError``.
    public static func check(_ values: [Float], dimension: Int, metric: Metric, key: String?) throws(InputError) {
        guard values.count == dimension else {
            throw .wrongDimension(key: key, valueCount: values.count, dimension: dimension)
        }
        // The magnitudes' bits, as whole numbers, are in order: finite ones below those of infinity and of every NaN.
        var largest: UInt32 = 0
        for value in values { largest = max(largest, value.bitPattern & 0x7FFF_FFFF) }
        if largest >= Float.infinity.bitPattern {
            for (position, value) in values.enumerated() where !value.isFinite {
                throw .notFinite(key: key, position: position, value: value.isNaN ? "NaN" : "\(value)")
            }
        }
        guard metric != .cosine || largest > 0 else { throw .zeroNorm(key: key) }
    }

    /// `values`, checked.
    /// - Throws: ``InputError``.
    public static func checked(
        _ values: [Float], dimension: Int, metric: Metric, key: String?
    ) throws(InputError) -> [Float] {
        try check(values, dimension: dimension, metric: metric, key: key)
        return values
    }

    /// `values` as the nearest float32, then checked: 1e39 is not finite, 1e-46 is 0.
    /// - Throws: ``InputError``; a value that no float32 can hold is named as it came.
    public static func checked(
        _ values: [Double], dimension: Int, metric: Metric, key: String?
    ) throws(InputError) -> [Float] {
        let rounded = values.map { Float($0) }
        do {
            try check(rounded, dimension: dimension, metric: metric, key: key)
        } catch {
            guard case .notFinite(_, let position, _) = error, values[position].isFinite else { throw error }
            throw .notFinite(key: key, position: position, value: "\(values[position])")
        }
        return rounded
    }

    /// `values`, finite, at length 1. Squares are summed and values scaled in double precision, so that neither the
    /// smallest nor the largest float32 are lost. Zeros stay zeros.
    public static func normalised(_ values: some Collection<Float>) -> [Float] {
        let square = values.reduce(0.0) { $0 + Double($1) * Double($1) }
        guard square > 0 else { return Array(values) }
        let norm = square.squareRoot()
        return values.map { Float(Double($0) / norm) }
    }
}
