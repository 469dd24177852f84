internal import CJSON

/// Compact JSON, as it is written: no blanks, numbers in the fewest digits that read back as the same number, escapes
/// only where JSON demands them.
public struct JSONText: Sendable {
    /// UTF-8.
    public internal(set) var bytes: [UInt8] = []

    /// Nothing yet, with room for so many bytes.
    public init(byteCapacity: Int = 0) { bytes.reserveCapacity(byteCapacity) }

    /// What was written.
    public var string: String { String(decoding: bytes, as: UTF8.self) }

    /// Text that is JSON already: braces, commas, names in quotes.
    public mutating func append(raw text: StaticString) {
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// A `Double` keeps ".0" or its exponent, so that it is read back as one. One that is not finite, which no JSON
    /// text holds, becomes null.
    public mutating func append(_ value: JSONValue) {
        switch value {
        case .null: append(raw: "null")
        case .boolean(let value): append(raw: value ? "true" : "false")
        case .integer(let value): bytes.append(contentsOf: value.description.utf8)
        case .unsigned(let value): bytes.append(contentsOf: value.description.utf8)
        case .number(let value):
            if value.isFinite { bytes.append(contentsOf: value.description.utf8) } else { append(raw: "null") }
        case .string(let string): append(string: string)
        case .array(let values):
            append(raw: "[")
            for (position, value) in values.enumerated() {
                if position > 0 { append(raw: ",") }
                append(value)
            }
            append(raw: "]")
        case .object(let members):
            append(raw: "{")
            for (position, member) in members.enumerated() {
                if position > 0 { append(raw: ",") }
                append(string: member.name)
                append(raw: ":")
                append(member.value)
            }
            append(raw: "}")
        }
    }

    /// In quotes.
    public mutating func append(string: String) {
        var string = string
        append(raw: "\"")
        string.withUTF8 { text in
            var plain = 0
            // Runs of bytes that need no escape are copied whole.
            for at in text.indices {
                guard let escape = unsafe Self.escape(text[at]) else { continue }
                unsafe bytes.append(contentsOf: text[plain..<at])
                bytes.append(contentsOf: escape.utf8)
                plain = at + 1
            }
            unsafe bytes.append(contentsOf: text[plain...])
        }
        append(raw: "\"")
    }

    /// An array of float32, each in the fewest digits that read back as the same float32: what a client that reads
    /// doubles sees is near to the stored value, and becomes it by rounding.
    public mutating func append(floats: some Sequence<Float>) {
        append(raw: "[")
        let values = Array(floats)
        let printed = unsafe values.withUnsafeBufferPointer { values in
            unsafe [UInt8](unsafeUninitializedCapacity: values.count * Int(MVJ_FLOAT_BYTES)) { room, count in
                guard let start = room.baseAddress else { return }
                // There is room for MVJ_FLOAT_BYTES a value, the most that is written.
                count = unsafe start.withMemoryRebound(to: CChar.self, capacity: room.count) {
                    unsafe mvj_print_floats(values.baseAddress, values.count, $0)
                }
            }
        }
        bytes.append(contentsOf: printed)
        append(raw: "]")
    }

    /// Nil for a byte that stands for itself.
    static func escape(_ byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: "\""): return "\\\""
        case UInt8(ascii: "\\"): return "\\\\"
        case 0x20...: return nil
        case 0x08: return "\\b"
        case 0x09: return "\\t"
        case 0x0A: return "\\n"
        case 0x0C: return "\\f"
        case 0x0D: return "\\r"
        default: return (byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16)
        }
    }
}

extension JSONValue {
    /// Compact JSON, as ``JSONText`` writes it.
    public var text: String {
        var out = JSONText()
        out.append(self)
        return out.string
    }

    /// Bytes of UTF-8 in ``text``, counted without writing it.
    public var byteCount: Int {
        switch self {
        case .null: 4
        case .boolean(let value): value ? 4 : 5
        case .integer(let value): value.description.utf8.count
        case .unsigned(let value): value.description.utf8.count
        case .number(let value): value.isFinite ? value.description.utf8.count : 4
        case .string(let string): Self.byteCount(ofString: string)
        case .array(let values): values.reduce(max(2, values.count + 1)) { $0 + $1.byteCount }
        case .object(let members): Self.byteCount(of: members)
        }
    }

    /// Of an object with these members: braces, and a colon and a comma for each but the last comma.
    static func byteCount(of members: some Collection<Member>) -> Int {
        members.reduce(max(2, 2 * members.count + 1)) {
            $0 + byteCount(ofString: $1.name) + $1.value.byteCount
        }
    }

    private static func byteCount(ofString string: String) -> Int {
        string.utf8.reduce(2) { $0 + (JSONText.escape($1)?.utf8.count ?? 1) }
    }
}
