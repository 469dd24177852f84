extension Filter {
    /// From a filter document.
    ///
    /// - Parameter nonFilterable: keys that the collection declared so; naming one is an error.
    /// - Throws: ``FilterError``, which says what stands where.
    public init(json: String, nonFilterable: [String] = []) throws(FilterError) {
        let value: JSONValue
        do { value = try JSONValue(json) } catch { throw FilterError(why: error.description, path: "") }
        try self.init(value, nonFilterable: nonFilterable)
    }

    public init(_ value: JSONValue, nonFilterable: [String] = []) throws(FilterError) {
        self = try Self.parse(value, nonFilterable, path: "")
    }

    private static func parse(
        _ value: JSONValue, _ nonFilterable: [String], path: String
    ) throws(FilterError) -> Filter {
        guard case .object(let members) = value else {
            throw FilterError(why: "a filter must be an object, not \(value.summary)", path: path)
        }
        guard members.count == 1, let member = members.first else {
            throw FilterError(
                why: members.isEmpty
                    ? "a filter must not be empty; leave it out to match everything"
                    : "a filter has exactly one field or operator, this one has \(members.count); join them by $and",
                path: path)
        }
        let inner = path.isEmpty ? member.name : path + "." + member.name
        switch member.name {
        case "$and", "$or":
            guard case .array(let values) = member.value, !values.isEmpty else {
                throw FilterError(
                    why:
                        "operator \"\(member.name)\" needs an array of at least one filter, got \(member.value.summary)",
                    path: inner)
            }
            var filters: [Filter] = []
            for (i, value) in values.enumerated() {
                filters.append(try parse(value, nonFilterable, path: "\(inner)[\(i)]"))
            }
            return member.name == "$and" ? .and(filters) : .or(filters)
        case let name where nonFilterable.contains { $0.utf8.elementsEqual(name.utf8) }:
            throw FilterError(
                why: "Invalid use of non-filterable metadata in filter: field \"\(name)\" was declared non-filterable",
                path: inner)
        case let name where name.hasPrefix("$"):
            throw FilterError(
                why: "operator \"\(name)\" does not stand before a field; here $and and $or are possible", path: inner)
        default:
            return .field(member.name, try conditions(member, path: inner))
        }
    }

    private static func conditions(_ field: JSONValue.Member, path: String) throws(FilterError) -> [Condition] {
        if let scalar = FilterScalar(field.value) { return [.equal(scalar)] }
        guard case .object(let operators) = field.value else {
            throw FilterError(
                why: "field \"\(field.name)\" needs a string, a number, a boolean or an operator, "
                    + "got \(field.value.summary)", path: path)
        }
        guard !operators.isEmpty else {
            throw FilterError(why: "field \"\(field.name)\" has no operator", path: path)
        }
        var conditions: [Condition] = []
        for item in operators {
            conditions.append(try condition(item, field.name, path: "\(path).\(item.name)"))
        }
        return conditions
    }

    private static func condition(
        _ item: JSONValue.Member, _ field: String, path: String
    ) throws(FilterError) -> Condition {
        func wrong(_ needs: String) -> FilterError {
            FilterError(
                why: "operator \"\(item.name)\" on field \"\(field)\" needs \(needs), got \(item.value.summary)",
                path: path)
        }
        switch item.name {
        case "$eq", "$ne":
            guard let scalar = FilterScalar(item.value) else { throw wrong("a string, a number or a boolean") }
            return item.name == "$eq" ? .equal(scalar) : .notEqual(scalar)
        case "$gt", "$gte", "$lt", "$lte":
            guard let bound = item.value.double else { throw wrong("a number") }
            switch item.name {
            case "$gt": return .greater(bound)
            case "$gte": return .greaterOrEqual(bound)
            case "$lt": return .less(bound)
            default: return .lessOrEqual(bound)
            }
        case "$in", "$nin":
            guard case .array(let values) = item.value, !values.isEmpty else { throw wrong("a non-empty array") }
            let scalars = values.compactMap(FilterScalar.init)
            guard scalars.count == values.count else { throw wrong("an array of strings, numbers or booleans only") }
            return item.name == "$in" ? .among(scalars) : .notAmong(scalars)
        case "$exists":
            guard case .boolean(let wanted) = item.value else { throw wrong("true or false") }
            return .exists(wanted)
        case "$startsWith":
            guard case .string(let prefix) = item.value else { throw wrong("a string") }
            return .startsWith(prefix)
        default:
            throw FilterError(
                why: "\"\(item.name)\" on field \"\(field)\" is no operator; possible are $eq, $ne, $gt, $gte, $lt, "
                    + "$lte, $in, $nin, $exists, $startsWith", path: path)
        }
    }
}

/// A filter that S3 Vectors would refuse.
public struct FilterError: Error, Equatable, Sendable, CustomStringConvertible {
    public let why: String
    /// Where, as `$and[1].year.$gte`.
    public let path: String

    /// Stable, for tests and for the wire.
    public var code: String { "filter" }
    public var description: String { "filter: \(why)" + (path.isEmpty ? "" : " (at \(path))") }
}
