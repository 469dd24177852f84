/// A JSON value. Members keep their order; integers keep 64 bits, other numbers are `Double`.
///
/// Two values are the same if they are of one case and hold the same bytes: 1 is not 1.0, and strings are compared by
/// their UTF-8, not by what Unicode holds to be equivalent.
public enum JSONValue: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case boolean(Bool)
    /// A whole number that 64 bits with a sign hold.
    case integer(Int64)
    /// Above `Int64.max`.
    case unsigned(UInt64)
    /// With a fraction or an exponent, or an integer that 64 bits do not hold.
    case number(Double)
    /// A string, its escapes resolved.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object, its members in the order of the text.
    case object([Member])

    /// A name and its value.
    public struct Member: Sendable, Equatable {
        /// The name.
        public let name: String
        /// The value.
        public let value: JSONValue

        /// A member of an object.
        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }

        public static func == (a: Member, b: Member) -> Bool { a.name.hasSameBytes(as: b.name) && a.value == b.value }
    }

    /// - Throws: ``JSONError`` for text that is not one JSON value in UTF-8; half a surrogate pair is such.
    public init(_ text: String) throws(JSONError) { try self.init(bytes: Array(text.utf8)) }

    /// - Throws: ``JSONError``, as above.
    public init(bytes: [UInt8]) throws(JSONError) {
        guard let document = JSONDocument() else { throw JSONError(.noMemory) }
        self = document.value(of: try document.read(bytes[...]))
    }

    /// The value of the member `name` of an object, the last if there are several; nil if there is none.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name.hasSameBytes(as: name) }?.value
    }

    /// The number as the nearest `Double`, which is how numbers are compared; nil for anything else.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}

extension JSONValue: Equatable {
    public static func == (a: JSONValue, b: JSONValue) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.boolean(let x), .boolean(let y)): x == y
        case (.integer(let x), .integer(let y)): x == y
        case (.unsigned(let x), .unsigned(let y)): x == y
        case (.number(let x), .number(let y)): x.bitPattern == y.bitPattern
        case (.string(let x), .string(let y)): x.hasSameBytes(as: y)
        case (.array(let x), .array(let y)): x == y
        case (.object(let x), .object(let y)): x == y
        default: false
        }
    }
}

extension JSONValue {
    /// What it is, for an error text: a word, and the value where it is short.
    public var summary: String {
        switch self {
        case .null: "null"
        case .boolean: "the boolean \(text)"
        case .integer, .unsigned, .number: "the number \(text)"
        case .string(let string): "the string \(string.quotedForMessage)"
        case .array(let values): values.isEmpty ? "an empty array" : "an array"
        case .object(let members): members.isEmpty ? "an empty object" : "an object"
        }
    }
}
