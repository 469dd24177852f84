extension Filter {
    /// Whether metadata pass the filter, by S3 Vectors' grammar: a condition on an absent field is false.
    public func matches(_ metadata: Metadata) -> Bool {
        switch self {
        case .and(let filters): !filters.isEmpty && filters.allSatisfy { $0.matches(metadata) }
        case .or(let filters): filters.contains { $0.matches(metadata) }
        case .field(let name, let conditions): Self.all(conditions, match: metadata[name])
        }
    }

    /// The same against the stored form in place: only the fields that the filter names are decoded.
    ///
    /// - Throws: ``MetadataError/damaged(_:)``, if the damage stands before what had to be read.
    public func matches(encoded metadata: RawSpan) throws(MetadataError) -> Bool {
        switch self {
        case .and(let filters):
            for filter in filters where !(try filter.matches(encoded: metadata)) { return false }
            return !filters.isEmpty
        case .or(let filters):
            for filter in filters where try filter.matches(encoded: metadata) { return true }
            return false
        case .field(let name, let conditions):
            return Self.all(conditions, match: try Metadata.value(of: name, inEncoded: metadata))
        }
    }

    private static func all(_ conditions: [Condition], match value: JSONValue?) -> Bool {
        !conditions.isEmpty && conditions.allSatisfy { $0.matches(value) }
    }
}

extension Filter.Condition {
    /// `value` is the field's; nil when the field is absent.
    func matches(_ value: JSONValue?) -> Bool {
        guard let value else { return self == .exists(false) }
        switch self {
        case .exists(let wanted): return wanted
        case .equal(let scalar): return Self.any(value) { $0 == scalar }
        case .notEqual(let scalar): return !Self.any(value) { $0 == scalar }
        case .among(let scalars): return Self.any(value, scalars.contains)
        case .notAmong(let scalars): return !Self.any(value, scalars.contains)
        case .greater(let bound): return Self.anyNumber(value) { $0 > bound }
        case .greaterOrEqual(let bound): return Self.anyNumber(value) { $0 >= bound }
        case .less(let bound): return Self.anyNumber(value) { $0 < bound }
        case .lessOrEqual(let bound): return Self.anyNumber(value) { $0 <= bound }
        case .startsWith(let prefix):
            return Self.any(value) { scalar in
                if case .string(let text) = scalar { text.hasBytes(startingWith: prefix) } else { false }
            }
        }
    }

    /// Whether an element of the array, or the value itself, passes.
    private static func any(_ value: JSONValue, _ passes: (FilterScalar) -> Bool) -> Bool {
        if case .array(let values) = value { return values.contains { FilterScalar($0).map(passes) ?? false } }
        return FilterScalar(value).map(passes) ?? false
    }

    private static func anyNumber(_ value: JSONValue, _ passes: (Double) -> Bool) -> Bool {
        any(value) { if case .number(let number) = $0 { passes(number) } else { false } }
    }
}
