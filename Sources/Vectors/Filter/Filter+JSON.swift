extension Filter {
    /// The filter as S3 Vectors takes it: each comparison by its operator (`$eq` is never left out), one field or one
    /// `$and` or `$or` an object. Reading it gives a filter that matches the same.
    ///
    /// A number stands there as the `Double` it is compared as.
    public var json: JSONValue {
        switch self {
        case .and(let filters): .object([JSONValue.Member("$and", .array(filters.map(\.json)))])
        case .or(let filters): .object([JSONValue.Member("$or", .array(filters.map(\.json)))])
        case .field(let name, let conditions): Self.json(name, conditions)
        }
    }

    private static func json(_ field: String, _ conditions: [Condition]) -> JSONValue {
        let operators = conditions.map(\.json)
        let names = Set(operators.map(\.name))
        if names.count == operators.count {
            return .object([JSONValue.Member(field, .object(operators))])
        }
        // An object holds an operator once.
        let each = operators.map { JSONValue.object([JSONValue.Member(field, .object([$0]))]) }
        return .object([JSONValue.Member("$and", .array(each))])
    }
}

extension Filter.Condition {
    /// Operator and operand.
    var json: JSONValue.Member {
        switch self {
        case .equal(let scalar): JSONValue.Member("$eq", scalar.json)
        case .notEqual(let scalar): JSONValue.Member("$ne", scalar.json)
        case .greater(let bound): JSONValue.Member("$gt", FilterScalar.json(bound))
        case .greaterOrEqual(let bound): JSONValue.Member("$gte", FilterScalar.json(bound))
        case .less(let bound): JSONValue.Member("$lt", FilterScalar.json(bound))
        case .lessOrEqual(let bound): JSONValue.Member("$lte", FilterScalar.json(bound))
        case .among(let scalars): JSONValue.Member("$in", .array(scalars.map(\.json)))
        case .notAmong(let scalars): JSONValue.Member("$nin", .array(scalars.map(\.json)))
        case .exists(let wanted): JSONValue.Member("$exists", .boolean(wanted))
        case .startsWith(let prefix): JSONValue.Member("$startsWith", .string(prefix))
        }
    }
}
