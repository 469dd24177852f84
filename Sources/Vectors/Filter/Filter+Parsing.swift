extension Filter {
    /// From the text of a filter document.
    ///
    /// - Parameter nonFilterable: keys that the collection declared so; naming one is an error.
    /// - Throws: ``FilterError``, which says what stands where.
    public init(json: String, nonFilterable: [String] = []) throws(FilterError) {
        let value: JSONValue
        do { value = try JSONValue(json) } catch { throw FilterError(.notJSON(error), path: "") }
        try self.init(value, nonFilterable: nonFilterable)
    }

    /// From a filter document that was read before.
    /// - Throws: ``FilterError``, as above.
    public init(_ value: JSONValue, nonFilterable: [String] = []) throws(FilterError) {
        self = try FilterParser(nonFilterable: nonFilterable).filter(value, at: FilterPath())
    }
}

/// Where something stands in a filter document.
private struct FilterPath {
    var text = ""

    /// Names that a reader could take for more than one step, or that a terminal should not get, stand in quotes.
    func member(_ name: String) -> FilterPath {
        let isPlain = !name.isEmpty && name.utf8.count <= 60 && name.unicodeScalars.allSatisfy(Self.isPlain)
        let step = isPlain ? name : "[\(name.quotedForMessage)]"
        return FilterPath(text: text.isEmpty || !isPlain ? text + step : "\(text).\(step)")
    }

    func element(_ position: Int) -> FilterPath { FilterPath(text: "\(text)[\(position)]") }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "$" || scalar == "_" || scalar == "-" || scalar.properties.isAlphabetic
            || scalar.properties.numericType != nil
    }
}

/// The grammar. As deep as the reader of JSON goes.
private struct FilterParser {
    let nonFilterable: [String]

    static let fieldOperators: Set<String> = [
        "$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$startsWith",
    ]

    func filter(_ value: JSONValue, at path: FilterPath) throws(FilterError) -> Filter {
        guard case .object(let members) = value else {
            throw FilterError(.notAnObject(found: value.summary), path: path.text)
        }
        guard let member = members.first else { throw FilterError(.empty, path: path.text) }
        guard members.count == 1 else { throw FilterError(.severalMembers(count: members.count), path: path.text) }
        let inner = path.member(member.name)
        switch member.name {
        case "$and": return .and(try branches(member, at: inner))
        case "$or": return .or(try branches(member, at: inner))
        case let name where name.hasBytes(startingWith: "$"):
            throw FilterError(
                Self.fieldOperators.contains(name) ? .misplacedOperator : .unknownOperator, operatorName: name,
                path: inner.text)
        case let name:
            guard !nonFilterable.holdBytes(of: name) else {
                throw FilterError(.nonFilterableField, field: name, path: inner.text)
            }
            return .field(name, try conditions(member, at: inner))
        }
    }

    private func branches(_ member: JSONValue.Member, at path: FilterPath) throws(FilterError) -> [Filter] {
        guard case .array(let values) = member.value, !values.isEmpty else {
            throw FilterError(
                .wrongOperand(needs: "an array of at least one filter", found: member.value.summary),
                operatorName: member.name, path: path.text)
        }
        var filters: [Filter] = []
        for (position, value) in values.enumerated() { filters.append(try filter(value, at: path.element(position))) }
        return filters
    }

    private func conditions(_ field: JSONValue.Member, at path: FilterPath) throws(FilterError) -> [Filter.Condition] {
        if let scalar = FilterScalar(field.value) { return [.equal(scalar)] }
        guard case .object(let operators) = field.value, !operators.isEmpty else {
            throw FilterError(.noOperator(found: field.value.summary), field: field.name, path: path.text)
        }
        var conditions: [Filter.Condition] = []
        var seen: Set<String> = []
        for item in operators {
            let inner = path.member(item.name)
            let condition = try condition(item, field.name, at: inner)
            guard seen.insert(item.name).inserted else {
                throw FilterError(.repeatedOperator, operatorName: item.name, field: field.name, path: inner.text)
            }
            conditions.append(condition)
        }
        return conditions
    }

    private func condition(
        _ item: JSONValue.Member, _ field: String, at path: FilterPath
    ) throws(FilterError) -> Filter.Condition {
        func wrong(_ needs: String, _ found: JSONValue? = nil, at place: FilterPath? = nil) -> FilterError {
            FilterError(
                .wrongOperand(needs: needs, found: (found ?? item.value).summary), operatorName: item.name,
                field: field, path: (place ?? path).text)
        }
        switch item.name {
        case "$eq", "$ne":
            guard let scalar = FilterScalar(item.value) else { throw wrong("a string, a number or a boolean") }
            return item.name == "$eq" ? .equal(scalar) : .notEqual(scalar)
        case "$gt", "$gte", "$lt", "$lte":
            guard let bound = item.value.double else { throw wrong("a number") }
            return Self.comparison(item.name, bound)
        case "$in", "$nin":
            guard case .array(let values) = item.value, !values.isEmpty else {
                throw wrong("an array of at least one string, number or boolean")
            }
            var scalars: [FilterScalar] = []
            for (position, value) in values.enumerated() {
                guard let scalar = FilterScalar(value) else {
                    throw wrong("an array of strings, numbers and booleans", value, at: path.element(position))
                }
                scalars.append(scalar)
            }
            return item.name == "$in" ? .among(scalars) : .notAmong(scalars)
        case "$exists":
            guard case .boolean(let wanted) = item.value else { throw wrong("true or false") }
            return .exists(wanted)
        case "$startsWith":
            guard case .string(let prefix) = item.value else { throw wrong("a string") }
            return .startsWith(prefix)
        case "$and", "$or":
            throw FilterError(.misplacedOperator, operatorName: item.name, field: field, path: path.text)
        default:
            throw FilterError(.unknownOperator, operatorName: item.name, field: field, path: path.text)
        }
    }

    private static func comparison(_ name: String, _ bound: Double) -> Filter.Condition {
        switch name {
        case "$gt": .greater(bound)
        case "$gte": .greaterOrEqual(bound)
        case "$lt": .less(bound)
        default: .lessOrEqual(bound)
        }
    }
}
