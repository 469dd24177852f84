/// The judgement on a vector that came from outside.
public enum InputVector {
    /// Checks `values`, which are float32 already: count, finiteness, and under cosine a norm.
    ///
    /// A vector whose squares underflow float32 still has a norm: it is worked out in double precision.
    /// - Throws: ``InputError``.
    public static func check(_ values: [Float], dimension: Int, metric: Metric, key: String?) throws(InputError) {
        guard values.count == dimension else {
            throw .wrongDimension(key: key, valueCount: values.count, dimension: dimension)
        }
        // 0 times a finite number is 0, times any other NaN: one pass without a branch for the good ones.
        var zero: Float = 0, largest: Float = 0
        for value in values {
            zero += value * 0
            largest = max(largest, abs(value))
        }
        if zero != 0 {
            for (position, value) in values.enumerated() where !value.isFinite {
                throw .notFinite(key: key, position: position, value: value.isNaN ? "NaN" : "\(value)")
            }
        }
        guard metric != .cosine || largest > 0 else { throw .zeroNorm(key: key) }
    }
}
