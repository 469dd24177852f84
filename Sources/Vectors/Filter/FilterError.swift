/// A filter that S3 Vectors would refuse: what is wrong, with which operator on which field, and where.
public struct FilterError: Error, Equatable, Sendable {
    /// What is wrong.
    public enum Problem: Equatable, Sendable {
        /// It is no JSON.
        case notJSON(JSONError)
        /// A filter, or a branch of `$and` or `$or`, that is no object.
        case notAnObject(found: String)
        /// `{}`
        case empty
        /// An object with several fields or operators: there is no implicit "and".
        case severalMembers(count: Int)
        /// The operator is not known.
        case unknownOperator
        /// An operator that needs a field before it, or `$and` or `$or` behind one.
        case misplacedOperator
        /// An operator is there twice for one field.
        case repeatedOperator
        /// A field with neither a value nor an operator.
        case noOperator(found: String)
        /// The operand is of a kind that the operator does not take.
        case wrongOperand(needs: String, found: String)
        /// The field was declared non-filterable when the collection was created.
        case nonFilterableField
        /// More than 100 constraints; each value of `$in` counts as one.
        case tooManyConstraints(count: Int)
    }

    /// What is wrong.
    public let problem: Problem
    /// As `$gte`; nil where none is meant.
    public let operatorName: String?
    /// The metadata key; nil where none is meant.
    public let field: String?
    /// As `$and[1].year.$gte`; empty for the whole.
    public let path: String

    /// An error at a place of the filter.
    public init(_ problem: Problem, operatorName: String? = nil, field: String? = nil, path: String) {
        self.problem = problem
        self.operatorName = operatorName
        self.field = field
        self.path = path
    }
}

extension FilterError: CustomStringConvertible {
    /// Stable, for tests and for the wire.
    public var code: String {
        switch problem {
        case .notJSON: "filter_not_json"
        case .notAnObject: "filter_not_object"
        case .empty: "filter_empty"
        case .severalMembers: "filter_several_members"
        case .unknownOperator: "filter_unknown_operator"
        case .misplacedOperator: "filter_misplaced_operator"
        case .repeatedOperator: "filter_repeated_operator"
        case .noOperator: "filter_no_operator"
        case .wrongOperand: "filter_operand"
        case .nonFilterableField: "filter_non_filterable"
        case .tooManyConstraints: "filter_constraints"
        }
    }

    /// What S3 Vectors says of it, to the letter.
    public var serviceText: String {
        if case .nonFilterableField = problem { return "Invalid use of non-filterable metadata in filter" }
        return "Invalid filter"
    }

    public var description: String { "filter: " + why }

    /// For the wire: the service's own text first, ours after it.
    public var wireText: String { "\(serviceText): \(why)" }

    /// What is wrong and where.
    public var why: String { reason + (path.isEmpty ? "" : " (at \(path))") }

    private var reason: String {
        let name = "operator " + (operatorName ?? "").quotedForMessage
        let place = field.map { " on field \($0.quotedForMessage)" } ?? ""
        switch problem {
        case .notJSON(let error):
            return "it is not JSON: \(error.why)"
        case .notAnObject(let found):
            return "a filter is an object, not \(found)"
        case .empty:
            return "a filter is not empty; leave it out to match everything"
        case .severalMembers(let count):
            return "a filter has exactly one field or operator, this one has \(count); join them by $and"
        case .unknownOperator:
            return "there is no \(name)\(place); \(field == nil ? "$and and $or are possible here" : Self.possible)"
        case .misplacedOperator where field == nil:
            return "\(name) needs a field before it: {\"field\": {\(operatorName?.quotedForMessage ?? ""): ...}}"
        case .misplacedOperator:
            return "\(name) joins filters and does not stand\(place); \(Self.possible)"
        case .repeatedOperator:
            return "\(name)\(place) is there twice; join two filters by $and"
        case .noOperator(let found):
            return "field \((field ?? "").quotedForMessage) needs a string, a number, a boolean or operators, "
                + "got \(found)"
        case .wrongOperand(let needs, let found):
            return "\(name)\(place) needs \(needs), got \(found)"
        case .nonFilterableField:
            return "field \((field ?? "").quotedForMessage) was declared non-filterable when the collection was created"
        case .tooManyConstraints(let count):
            return "it has \(count) constraints, \(Filter.constraintLimit) are the limit (each value of $in counts one)"
        }
    }

    private static let possible = "possible are $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $exists, $startsWith"
}
