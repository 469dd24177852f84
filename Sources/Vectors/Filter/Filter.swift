/// Which rows an answer may hold, by their metadata: the grammar of S3 Vectors, strictly.
///
/// What S3 Vectors leaves open is decided here: a condition on a field that is absent matches nothing, `$ne` and `$nin`
/// included; only `$exists: false` does. A value of another type equals nothing, so `$ne` matches it. Against an array
/// the positive operators match if any element does, `$ne` and `$nin` if no element is equal. Numbers are compared as
/// `Double`, strings by their UTF-8 bytes.
public indirect enum Filter: Sendable, Equatable {
    case and([Filter])
    case or([Filter])
    /// All of the conditions hold for the field.
    case field(String, [Condition])

    public enum Condition: Sendable, Equatable {
        case equal(FilterScalar)
        case notEqual(FilterScalar)
        case greater(Double)
        case greaterOrEqual(Double)
        case less(Double)
        case lessOrEqual(Double)
        case among([FilterScalar])
        case notAmong([FilterScalar])
        case exists(Bool)
        case startsWith(String)
    }

    public func matches(_ metadata: Metadata) -> Bool {
        switch self {
        case .and(let filters): filters.allSatisfy { $0.matches(metadata) }
        case .or(let filters): filters.contains { $0.matches(metadata) }
        case .field(let name, let conditions):
            conditions.allSatisfy { $0.matches(metadata[name].map(FilterScalar.all)) }
        }
    }

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
}

/// A value that can be compared: a string, a number, a boolean.
public enum FilterScalar: Sendable {
    case string(String)
    case number(Double)
    case boolean(Bool)

    /// Nil for null, arrays and objects.
    init?(_ value: JSONValue) {
        switch value {
        case .string(let text): self = .string(text)
        case .boolean(let flag): self = .boolean(flag)
        default:
            guard let number = value.double else { return nil }
            self = .number(number)
        }
    }

    /// The elements of an array, or the value itself.
    public static func all(_ value: JSONValue) -> [FilterScalar] {
        if case .array(let values) = value { return values.compactMap(FilterScalar.init) }
        return FilterScalar(value).map { [$0] } ?? []
    }
}

extension FilterScalar: Equatable {
    public static func == (a: FilterScalar, b: FilterScalar) -> Bool {
        switch (a, b) {
        case (.string(let x), .string(let y)): x.utf8.elementsEqual(y.utf8)
        case (.number(let x), .number(let y)): x == y
        case (.boolean(let x), .boolean(let y)): x == y
        default: false
        }
    }
}

extension Filter.Condition {
    /// `values` are the field's elements; nil when the field is absent.
    func matches(_ values: [FilterScalar]?) -> Bool {
        if case .exists(let wanted) = self { return (values != nil) == wanted }
        guard let values else { return false }
        switch self {
        case .equal(let scalar): return values.contains(scalar)
        case .notEqual(let scalar): return !values.contains(scalar)
        case .among(let scalars): return values.contains { scalars.contains($0) }
        case .notAmong(let scalars): return !values.contains { scalars.contains($0) }
        case .greater(let bound): return Self.any(values) { $0 > bound }
        case .greaterOrEqual(let bound): return Self.any(values) { $0 >= bound }
        case .less(let bound): return Self.any(values) { $0 < bound }
        case .lessOrEqual(let bound): return Self.any(values) { $0 <= bound }
        case .startsWith(let prefix):
            return values.contains {
                if case .string(let text) = $0 { text.utf8.starts(with: prefix.utf8) } else { false }
            }
        case .exists: return false
        }
    }

    private static func any(_ values: [FilterScalar], _ test: (Double) -> Bool) -> Bool {
        values.contains { if case .number(let number) = $0 { test(number) } else { false } }
    }
}
