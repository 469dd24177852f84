/// The judgement on a vector that came from outside.
public enum InputVector {
    /// Checks `values`, which are float32 already: count, finiteness, and under cosine a norm.
    ///
    /// A vector whose squares underflow float32 still has a norm: it is worked out in double precision.
    /// - Throws: ``InputError``.
    public static func check(
        _ values: some RandomAccessCollection<Float>, dimension: Int, metric: Metric, key: String?
    ) throws(InputError) {
        guard values.count == dimension else {
            throw .wrongDimension(key: key, valueCount: values.count, dimension: dimension)
        }
        var hasValue = false
        for (position, value) in values.enumerated() {
            guard value.isFinite else {
                throw .notFinite(key: key, position: position, value: value.isNaN ? "NaN" : "\(value)")
            }
            if value != 0 { hasValue = true }
        }
        guard metric != .cosine || hasValue else { throw .zeroNorm(key: key) }
    }
}
