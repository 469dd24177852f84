/// A value that can be compared: a string, a number, a boolean.
///
/// Strings are the same if their UTF-8 is, numbers if their nearest `Double` is; -0 is 0.
public enum FilterScalar: Sendable {
    /// A string; compared by bytes.
    case string(String)
    /// A number.
    case number(Double)
    /// A boolean.
    case boolean(Bool)

    /// Nil for null, arrays and objects.
    public init?(_ value: JSONValue) {
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

    /// A whole number that compares as `number` does among all doubles: the sign bit flipped, negative numbers
    /// inverted. -0 gets the key of 0.
    public static func orderKey(_ number: Double) -> UInt64 {
        let bits = (number == 0 ? 0 : number).bitPattern
        return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
    }

    /// As JSON; a number that is whole and below 2^53 without ".0".
    var json: JSONValue {
        switch self {
        case .string(let text): .string(text)
        case .boolean(let flag): .boolean(flag)
        case .number(let number): Self.json(number)
        }
    }

    static func json(_ number: Double) -> JSONValue {
        guard number.magnitude < 0x1p53, let whole = Int64(exactly: number) else { return .number(number) }
        return .integer(whole)
    }
}

extension FilterScalar: Hashable {
    public static func == (a: FilterScalar, b: FilterScalar) -> Bool {
        switch (a, b) {
        case (.string(let x), .string(let y)): x.hasSameBytes(as: y)
        case (.number(let x), .number(let y)): x == y
        case (.boolean(let x), .boolean(let y)): x == y
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .string(var text): text.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        case .number(let number): hasher.combine(number)
        case .boolean(let flag): hasher.combine(flag)
        }
    }
}
