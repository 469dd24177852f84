// The stored form, little-endian:
//
//     byte 0     1, the version
//     byte 1     number of fields
//     then each  name length u16, name, value
//     value      1 string: length u32, bytes     2 false   3 true
//                4 integer i64   5 unsigned u64   6 number: bits of the Double u64
//                7 array: count u16, values
// No fields: no bytes at all.
extension Metadata {
    public var encoded: [UInt8] {
        guard !fields.isEmpty else { return [] }
        var out: [UInt8] = [1, UInt8(fields.count)]
        for field in fields {
            Self.put(UInt16(field.name.utf8.count), &out)
            out.append(contentsOf: field.name.utf8)
            Self.put(field.value, &out)
        }
        return out
    }

    /// - Throws: ``MetadataError/damaged(_:)``, whatever the bytes are.
    public init(encoded: [UInt8]) throws(MetadataError) {
        guard !encoded.isEmpty else {
            self.init()
            return
        }
        var reader = Reader(bytes: encoded)
        guard try reader.take(1).first == 1 else { throw .damaged("unknown version") }
        let count = try reader.number(UInt8.self)
        var fields: [JSONValue.Member] = []
        for _ in 0..<count {
            let name = try reader.string(Int(reader.number(UInt16.self)))
            fields.append(JSONValue.Member(name, try reader.value(depth: 0)))
        }
        guard reader.at == encoded.count else { throw .damaged("\(encoded.count - reader.at) bytes too many") }
        self.init(checked: fields)
    }

    private static func put(_ value: JSONValue, _ out: inout [UInt8]) {
        switch value {
        case .null, .object: preconditionFailure("metadata holds no \(value.summary)")
        case .string(let string):
            out.append(1)
            put(UInt32(string.utf8.count), &out)
            out.append(contentsOf: string.utf8)
        case .boolean(let value): out.append(value ? 3 : 2)
        case .integer(let value):
            out.append(4)
            put(UInt64(bitPattern: value), &out)
        case .unsigned(let value):
            out.append(5)
            put(value, &out)
        case .number(let value):
            out.append(6)
            put(value.bitPattern, &out)
        case .array(let values):
            out.append(7)
            put(UInt16(values.count), &out)
            for value in values { put(value, &out) }
        }
    }

    private static func put<T: FixedWidthInteger>(_ value: T, _ out: inout [UInt8]) {
        for shift in stride(from: 0, to: T.bitWidth, by: 8) { out.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    private struct Reader {
        let bytes: [UInt8]
        var at = 0

        mutating func take(_ count: Int) throws(MetadataError) -> ArraySlice<UInt8> {
            guard count <= bytes.count - at else { throw .damaged("it ends after \(bytes.count) bytes") }
            defer { at += count }
            return bytes[at..<at + count]
        }

        mutating func number<T: FixedWidthInteger>(_: T.Type) throws(MetadataError) -> T {
            try take(T.bitWidth / 8).reversed().reduce(0) { $0 << (T.bitWidth > 8 ? 8 : 0) | T($1) }
        }

        mutating func string(_ count: Int) throws(MetadataError) -> String {
            String(decoding: try take(count), as: UTF8.self)
        }

        mutating func value(depth: Int) throws(MetadataError) -> JSONValue {
            switch try number(UInt8.self) {
            case 1: return .string(try string(Int(number(UInt32.self))))
            case 2: return .boolean(false)
            case 3: return .boolean(true)
            case 4: return .integer(Int64(bitPattern: try number(UInt64.self)))
            case 5: return .unsigned(try number(UInt64.self))
            case 6: return .number(Double(bitPattern: try number(UInt64.self)))
            case 7 where depth == 0:
                var values: [JSONValue] = []
                for _ in 0..<(try number(UInt16.self)) { values.append(try value(depth: 1)) }
                return .array(values)
            default: throw .damaged("unknown type")
            }
        }
    }
}
