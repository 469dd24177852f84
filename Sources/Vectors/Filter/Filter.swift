/// Which rows an answer may hold, by their metadata: the grammar of S3 Vectors, strictly.
///
/// What S3 Vectors leaves open is decided here:
/// * A condition on a field that is absent matches nothing, `$ne` and `$nin` included; only `$exists: false` does.
/// * A value of another type equals nothing and is not above or below anything: `$ne` and `$nin` match it, the others
///   do not.
/// * Against an array `$eq`, `$in`, `$gt`, `$gte`, `$lt`, `$lte` and `$startsWith` match if any element does, each
///   condition by itself; `$ne` and `$nin` match if no element is equal.
/// * Numbers are compared as `Double`, strings by their UTF-8 bytes.
/// * An empty list of filters or conditions, which the grammar has not, matches nothing.
public indirect enum Filter: Sendable {
    /// All of them hold; `$and`.
    case and([Filter])
    /// One of them holds, at least; `$or`.
    case or([Filter])
    /// All of the conditions hold for the field.
    case field(String, [Condition])

    /// What is asked of one field.
    public enum Condition: Sendable, Equatable {
        /// `$eq`, or a bare value.
        case equal(FilterScalar)
        /// `$ne`.
        case notEqual(FilterScalar)
        /// `$gt`.
        case greater(Double)
        /// `$gte`.
        case greaterOrEqual(Double)
        /// `$lt`.
        case less(Double)
        /// `$lte`.
        case lessOrEqual(Double)
        /// `$in`.
        case among([FilterScalar])
        /// `$nin`.
        case notAmong([FilterScalar])
        /// `$exists`.
        case exists(Bool)
        /// `$startsWith`, by bytes.
        case startsWith(String)
    }

    /// What one filter may ask of an index that filters before it searches; see ``constraintCount``.
    public static let constraintLimit = 100

    /// As S3 Vectors counts them: each value compared with counts one.
    public var constraintCount: Int {
        switch self {
        case .and(let filters), .or(let filters): filters.reduce(0) { $0 + $1.constraintCount }
        case .field(_, let conditions):
            conditions.reduce(0) { sum, condition in
                switch condition {
                case .among(let values), .notAmong(let values): sum + values.count
                default: sum + 1
                }
            }
        }
    }

    /// Refuses what S3 Vectors would for its size; the engine itself has no such limit.
    /// - Throws: ``FilterError`` above ``constraintLimit``.
    public func checkConstraintCount() throws(FilterError) {
        let count = constraintCount
        guard count <= Self.constraintLimit else { throw FilterError(.tooManyConstraints(count: count), path: "") }
    }
}

extension Filter: Equatable {
    public static func == (a: Filter, b: Filter) -> Bool {
        switch (a, b) {
        case (.and(let x), .and(let y)), (.or(let x), .or(let y)): x == y
        case (.field(let name, let x), .field(let other, let y)): name.hasSameBytes(as: other) && x == y
        default: false
        }
    }
}

extension Filter.Condition {
    public static func == (a: Self, b: Self) -> Bool {
        switch (a, b) {
        case (.equal(let x), .equal(let y)), (.notEqual(let x), .notEqual(let y)): x == y
        case (.greater(let x), .greater(let y)), (.greaterOrEqual(let x), .greaterOrEqual(let y)): x == y
        case (.less(let x), .less(let y)), (.lessOrEqual(let x), .lessOrEqual(let y)): x == y
        case (.among(let x), .among(let y)), (.notAmong(let x), .notAmong(let y)): x == y
        case (.exists(let x), .exists(let y)): x == y
        case (.startsWith(let x), .startsWith(let y)): x.hasSameBytes(as: y)
        default: false
        }
    }
}
