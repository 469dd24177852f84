internal import CJSON

/// A JSON value. Members keep their order; integers keep 64 bits, other numbers are `Double`.
public indirect enum JSONValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    case integer(Int64)
    /// Above `Int64.max`.
    case unsigned(UInt64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])

    public struct Member: Sendable, Equatable {
        public let name: String
        public let value: JSONValue
        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// - Throws: ``JSONError`` for text that is not one JSON value in UTF-8; a lone surrogate is such.
    public init(_ text: String) throws(JSONError) { try self.init(bytes: Array(text.utf8)) }

    public init(bytes: [UInt8]) throws(JSONError) {
        var why = [CChar](repeating: 0, count: 128)
        let document = unsafe bytes.withUnsafeBufferPointer { unsafe mvj_parse($0.baseAddress, $0.count, &why) }
        guard let document = unsafe document else {
            let text = why.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw JSONError(why: String(decoding: text, as: UTF8.self))
        }
        defer { unsafe mvj_free(document) }
        var count = 0
        let nodes = unsafe UnsafeBufferPointer(start: mvj_nodes(document, &count), count: count)
        var at = 0
        self = unsafe Self.take(nodes, &at)
    }

    static func take(_ nodes: UnsafeBufferPointer<mvj_node>, _ at: inout Int) -> JSONValue {
        let node = unsafe nodes[at]
        at += 1
        switch unsafe Int(node.kind) {
        case MVJ_FALSE: return .boolean(false)
        case MVJ_TRUE: return .boolean(true)
        case MVJ_INTEGER: return unsafe .integer(node.value.integer)
        case MVJ_UNSIGNED: return unsafe .unsigned(node.value.unsigned_integer)
        case MVJ_NUMBER: return unsafe .number(node.value.number)
        case MVJ_STRING: return unsafe .string(string(node))
        case MVJ_ARRAY: return unsafe .array((0..<node.count).map { _ in unsafe take(nodes, &at) })
        case MVJ_OBJECT:
            return unsafe .object(
                (0..<node.count).map { _ in
                    let name = unsafe string(nodes[at])
                    at += 1
                    return Member(name, unsafe take(nodes, &at))
                })
        default: return .null
        }
    }

    static func string(_ node: mvj_node) -> String {
        let start = unsafe UnsafeRawPointer(node.value.string)
        return unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: Int(node.count)), as: UTF8.self)
    }

    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    /// What it is, for an error text: a word and the value where it is short.
    public var summary: String {
        switch self {
        case .null: "null"
        case .boolean, .integer, .unsigned, .number: "the \(kind) \(text)"
        case .string(let string): "the string \"\(string.prefix(60))\""
        case .array: "an array"
        case .object: "an object"
        }
    }

    private var kind: String { if case .boolean = self { "boolean" } else { "number" } }

    /// Compact JSON text. Numbers in their shortest form; a `Double` without a fraction keeps ".0".
    public var text: String {
        var out = ""
        write(to: &out)
        return out
    }

    func write(to out: inout String) {
        switch self {
        case .null: out += "null"
        case .boolean(let value): out += value ? "true" : "false"
        case .integer(let value): out += "\(value)"
        case .unsigned(let value): out += "\(value)"
        case .number(let value): out += "\(value)"
        case .string(let string): Self.quote(string, to: &out)
        case .array(let values):
            out += "["
            for (i, value) in values.enumerated() {
                if i > 0 { out += "," }
                value.write(to: &out)
            }
            out += "]"
        case .object(let members):
            out += "{"
            for (i, member) in members.enumerated() {
                if i > 0 { out += "," }
                Self.quote(member.name, to: &out)
                out += ":"
                member.value.write(to: &out)
            }
            out += "}"
        }
    }

    /// With quotes; escapes what JSON demands and nothing else.
    static func quote(_ string: String, to out: inout String) {
        out += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case let control where control.value < 0x20:
                let hex = String(control.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: out.unicodeScalars.append(scalar)
            }
        }
        out += "\""
    }
}

/// Text that is not JSON.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// In the words of the parser.
    public let why: String
    public var description: String { "not JSON: \(why)" }
}
