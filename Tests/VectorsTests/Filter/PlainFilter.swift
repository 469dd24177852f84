import Vectors

/// The meaning of filters once more, on the JSON of filter and metadata, as plainly as it can be said: what the product
/// makes of them must agree. With a `bug` it means something else, which a test must notice.
struct PlainFilter {
    enum Bug: CaseIterable {
        case absentIsNotEqual, arrayNeedsAllElements, notEqualNeedsOneElement, equivalentStringsAreEqual
        case namesByEquivalence, greaterIncludesEqual, lessOrEqualExcludesEqual, numbersByText, numbersAsIntegers
        case booleansAreNumbers, typeMismatchIsEqual, firstBranchDecides, firstOperatorDecides, existsIgnoresOperand
        case prefixByCharacter, prefixNeedsMore, inLooksAtFirst, oneElementForAllConditions
    }

    var bug: Bug?

    func matches(_ filter: JSONValue, _ metadata: JSONValue) -> Bool {
        guard case .object(let members) = filter, let member = members.first else { return false }
        if case .array(let branches) = member.value {
            if bug == .firstBranchDecides { return matches(branches[0], metadata) }
            let results = branches.map { matches($0, metadata) }
            return member.name == "$and" ? !results.contains(false) : results.contains(true)
        }
        let value = field(member.name, metadata)
        guard case .object(let operators) = member.value else {
            return holds("$eq", member.value, value)
        }
        if bug == .firstOperatorDecides { return holds(operators[0].name, operators[0].value, value) }
        if bug == .oneElementForAllConditions, case .array(let elements)? = value {
            return elements.contains { element in operators.allSatisfy { holds($0.name, $0.value, element) } }
        }
        return operators.allSatisfy { holds($0.name, $0.value, value) }
    }

    private func field(_ name: String, _ metadata: JSONValue) -> JSONValue? {
        guard case .object(let members) = metadata else { return nil }
        return members.first { bug == .namesByEquivalence ? $0.name == name : same($0.name, name) }?.value
    }

    private func same(_ a: String, _ b: String) -> Bool { Array(a.utf8) == Array(b.utf8) }

    private func holds(_ name: String, _ operand: JSONValue, _ value: JSONValue?) -> Bool {
        if name == "$exists" {
            if bug == .existsIgnoresOperand { return value != nil }
            return operand == .boolean(value != nil)
        }
        guard let value else { return bug == .absentIsNotEqual && (name == "$ne" || name == "$nin") }
        let elements: [JSONValue] = if case .array(let elements) = value { elements } else { [value] }
        switch name {
        case "$ne", "$nin":
            let equal = elements.map { oneHolds(name == "$ne" ? "$eq" : "$in", operand, $0) }
            return bug == .notEqualNeedsOneElement ? equal.contains(false) : !equal.contains(true)
        default:
            let results = elements.map { oneHolds(name, operand, $0) }
            return bug == .arrayNeedsAllElements ? !results.contains(false) : results.contains(true)
        }
    }

    private func oneHolds(_ name: String, _ operand: JSONValue, _ element: JSONValue) -> Bool {
        if name == "$eq" { return equal(operand, element) }
        if name == "$in", case .array(let operands) = operand {
            return (bug == .inLooksAtFirst ? Array(operands.prefix(1)) : operands).contains { equal($0, element) }
        }
        if name == "$startsWith" {
            guard case .string(let prefix) = operand, case .string(let text) = element else { return false }
            if bug == .prefixByCharacter { return text.hasPrefix(prefix) }
            if bug == .prefixNeedsMore, text.utf8.count == prefix.utf8.count { return false }
            return Array(text.utf8.prefix(prefix.utf8.count)) == Array(prefix.utf8)
        }
        guard let x = number(element), let y = number(operand) else { return false }
        switch name {
        case "$gt": return bug == .greaterIncludesEqual ? x >= y : x > y
        case "$gte": return x >= y
        case "$lt": return x < y
        default: return bug == .lessOrEqualExcludesEqual ? x < y : x <= y
        }
    }

    private func equal(_ a: JSONValue, _ b: JSONValue) -> Bool {
        if case .string(let x) = a, case .string(let y) = b {
            return bug == .equivalentStringsAreEqual ? x == y : same(x, y)
        }
        if case .boolean(let x) = a, case .boolean(let y) = b { return x == y }
        if let x = number(a), let y = number(b) { return bug == .numbersByText ? a.text == b.text : x == y }
        return bug == .typeMismatchIsEqual && a.text.filter { $0 != "\"" } == b.text.filter { $0 != "\"" }
    }

    private func number(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let x): return Double(x)
        case .unsigned(let x): return Double(x)
        case .number(let x): return bug == .numbersAsIntegers ? x.rounded(.down) : x
        case .boolean(let flag): return bug == .booleansAreNumbers ? (flag ? 1 : 0) : nil
        default: return nil
        }
    }
}
