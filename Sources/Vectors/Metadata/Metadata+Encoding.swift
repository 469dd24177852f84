// The stored form. No fields: no bytes at all. Else
//
//     byte 0     1, the version
//     varint     number of fields, 1 to 50
//     each       varint length of the name, name, value
//     value      1 string: varint length, bytes
//                2 false   3 true
//                4 integer: varint of its zigzag (0, -1, 1, -2, ...)
//                5 unsigned: varint, above Int64.max
//                6 number: bits of the Double, 8 bytes, little-endian
//                7 array: varint bytes of what follows, varint number of elements, their values
//
// A varint has 7 bits a byte, lowest first, the top bit set on all bytes but the last, and no byte more than it needs:
// equal metadata in equal order is equal bytes. Lengths stand before what they measure, so that a field is found
// without reading the values of the others.
extension Metadata {
    static let encodingVersion: UInt8 = 1

    enum ValueType: UInt8 {
        case string = 1
        case `false` = 2
        case `true` = 3
        case integer = 4
        case unsigned = 5
        case number = 6
        case array = 7
    }

    /// The stored form.
    public var encoded: [UInt8] {
        guard !fields.isEmpty else { return [] }
        var out: [UInt8] = [Self.encodingVersion]
        out.reserveCapacity(byteCount)
        Self.append(varint: UInt64(fields.count), to: &out)
        for field in fields {
            Self.append(string: field.name, to: &out)
            Self.append(field.value, to: &out)
        }
        return out
    }

    private static func append(_ value: JSONValue, to out: inout [UInt8]) {
        switch value {
        case .null, .object: preconditionFailure("metadata holds no \(value.summary)")
        case .string(let string):
            out.append(ValueType.string.rawValue)
            append(string: string, to: &out)
        case .boolean(let value):
            out.append((value ? ValueType.true : .false).rawValue)
        case .integer(let value):
            out.append(ValueType.integer.rawValue)
            append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)), to: &out)
        case .unsigned(let value):
            out.append(ValueType.unsigned.rawValue)
            append(varint: value, to: &out)
        case .number(let value):
            out.append(ValueType.number.rawValue)
            let bits = value.bitPattern
            for shift in stride(from: 0, to: 64, by: 8) { out.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift))) }
        case .array(let values):
            out.append(ValueType.array.rawValue)
            var inside: [UInt8] = []
            append(varint: UInt64(values.count), to: &inside)
            for value in values { append(value, to: &inside) }
            append(varint: UInt64(inside.count), to: &out)
            out.append(contentsOf: inside)
        }
    }

    private static func append(string: String, to out: inout [UInt8]) {
        append(varint: UInt64(string.utf8.count), to: &out)
        out.append(contentsOf: string.utf8)
    }

    private static func append(varint value: UInt64, to out: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        out.append(UInt8(rest))
    }
}

extension Metadata {
    /// From the stored form, which is checked whole, whatever its bytes are.
    /// - Throws: ``MetadataError/damaged(_:)``.
    public init(encoded: [UInt8]) throws(MetadataError) { unsafe try self.init(encoded: encoded.span.bytes) }

    /// From the stored form in place.
    /// - Throws: ``MetadataError/damaged(_:)``.
    public init(encoded: RawSpan) throws(MetadataError) {
        var fields: [JSONValue.Member] = []
        var reader = MetadataReader()
        let fieldCount = try reader.fieldCount(encoded)
        fields.reserveCapacity(fieldCount)
        for _ in 0..<fieldCount {
            let name = try reader.string(encoded)
            guard !fields.contains(where: { $0.name.hasSameBytes(as: name) }) else { throw .damaged(.rules) }
            fields.append(JSONValue.Member(name, try reader.value(encoded)))
        }
        guard reader.at == encoded.byteCount else { throw .damaged(.trailing) }
        self.init(checked: fields)
    }

    /// One field of the stored form, in place; nil if it has none of that name. Other fields are passed over, and what
    /// stands behind it is not looked at.
    ///
    /// - Throws: ``MetadataError/damaged(_:)``.
    public static func value(of name: String, inEncoded encoded: RawSpan) throws(MetadataError) -> JSONValue? {
        var reader = MetadataReader()
        for _ in 0..<(try reader.fieldCount(encoded)) {
            if try reader.takeName(encoded, equalTo: name) { return try reader.value(encoded) }
            try reader.skipValue(encoded)
        }
        return nil
    }
}
