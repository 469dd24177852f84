import Vectors

/// Metadata and filters that meet each other often: few names, few values, every type.
enum RandomMetadata {
    private static let names = ["a", "b", "c", "", "a.b", "hidden"]
    private static let long = String(repeating: "x", count: 500)
    private static let strings = ["", "x", "xy", "xyz", "é", "e\u{301}", long, long + "y", long + "z"]
    private static let numbers: [JSONValue] = [
        .integer(0), .number(-0.0), .integer(1), .number(1), .number(1.5), .integer(-3), .number(-3.5),
        .integer(9_007_199_254_740_993), .number(9_007_199_254_740_992), .unsigned(.max), .number(1e300),
        .number(-1e-300),
    ]

    static func make(_ random: inout SeededGenerator) -> Metadata {
        var members: [JSONValue.Member] = []
        for name in names where random.below(2) == 0 { members.append(.init(name, value(&random))) }
        return (try? Metadata(.object(members))) ?? Metadata()
    }

    private static func value(_ random: inout SeededGenerator) -> JSONValue {
        switch random.below(6) {
        case 0: .boolean(random.below(2) == 0)
        case 1: .array((0..<(1 + random.below(3))).map { _ in .string(strings[random.below(strings.count)]) })
        case 2: .array((0..<(1 + random.below(3))).map { _ in numbers[random.below(numbers.count)] })
        case 3: .string(strings[random.below(strings.count)])
        default: numbers[random.below(numbers.count)]
        }
    }

    private static func scalar(_ random: inout SeededGenerator) -> FilterScalar {
        switch random.below(3) {
        case 0: .boolean(random.below(2) == 0)
        case 1: .string(strings[random.below(strings.count)])
        default: .number(number(&random))
        }
    }

    private static func number(_ random: inout SeededGenerator) -> Double {
        numbers[random.below(numbers.count)].double ?? 0
    }

    static func filter(_ random: inout SeededGenerator, depth: Int = 0) -> Filter {
        switch random.below(depth < 3 ? 4 : 2) {
        case 2: .and((0..<(1 + random.below(3))).map { _ in filter(&random, depth: depth + 1) })
        case 3: .or((0..<(1 + random.below(3))).map { _ in filter(&random, depth: depth + 1) })
        default:
            .field(
                names[random.below(names.count - 1)], (0..<(1 + random.below(3))).map { _ in condition(&random) })
        }
    }

    private static func condition(_ random: inout SeededGenerator) -> Filter.Condition {
        switch random.below(12) {
        case 0: .equal(scalar(&random))
        case 1: .notEqual(scalar(&random))
        case 2: .among((0..<(1 + random.below(3))).map { _ in scalar(&random) })
        case 3: .notAmong((0..<(1 + random.below(3))).map { _ in scalar(&random) })
        case 4, 5: .greater(number(&random))
        case 6: .greaterOrEqual(number(&random))
        case 7, 8: .less(number(&random))
        case 9: .lessOrEqual(number(&random))
        case 10: .exists(random.below(2) == 0)
        default: .startsWith(strings[random.below(strings.count)])
        }
    }
}
