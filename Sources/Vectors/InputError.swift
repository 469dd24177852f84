/// What is wrong with a value that a caller gave. Nothing was changed.
public enum InputError: Error, Equatable, Sendable {
    /// A key has no characters.
    case emptyKey
    /// A key has more than 1,024 bytes of UTF-8.
    case keyTooLong(byteCount: Int)
    /// A vector has another number of values than the collection's vectors.
    case wrongDimension(key: String?, valueCount: Int, dimension: Int)
    /// `value` is "NaN", "inf" or "-inf", after rounding to float32.
    case notFinite(key: String?, position: Int, value: String)
    /// A vector has only zeros, for which cosine distance is not defined.
    case zeroNorm(key: String?)
    /// The dimension of a collection is not 1 to 4,096.
    case dimensionOutOfRange(Int)
    /// A setting, a number or an option is not what is possible.
    case outOfRange(name: String, value: String, allowed: String)
}

extension InputError: CustomStringConvertible {
    /// Stable, for tests and for the wire.
    public var code: String {
        switch self {
        case .emptyKey: "empty_key"
        case .keyTooLong: "key_too_long"
        case .wrongDimension: "wrong_dimension"
        case .notFinite: "not_finite"
        case .zeroNorm: "zero_norm"
        case .dimensionOutOfRange: "dimension_out_of_range"
        case .outOfRange: "out_of_range"
        }
    }

    public var description: String {
        func vector(_ key: String?) -> String {
            key.map { "vector for key \(JSONValue.string($0).text)" } ?? "the query vector"
        }
        switch self {
        case .emptyKey:
            return "a key is empty; keys have 1 to 1,024 characters"
        case .keyTooLong(let byteCount):
            return "a key has \(byteCount) bytes of UTF-8; the limit is \(VectorKey.byteLimit)"
        case .wrongDimension(let key, let valueCount, let dimension):
            return "\(vector(key)) has \(valueCount) values; this collection holds \(dimension) "
                + "(set when it was created)"
        case .notFinite(let key, let position, let value):
            return "\(vector(key)) has \(value) at position \(position); every value must be finite as a float32"
        case .zeroNorm(let key):
            return "\(vector(key)) has only zeros as float32; cosine distance is not defined for it"
        case .dimensionOutOfRange(let dimension):
            return "dimension \(dimension) is out of range; 1 to 4,096 are possible"
        case .outOfRange(let name, let value, let allowed):
            return "\(name) is \(value); allowed: \(allowed)"
        }
    }
}
