/// A place in the stored form of metadata, moving forward. Each call is given the bytes; nothing outside them is read.
struct MetadataReader {
    private(set) var at = 0

    /// Passes over the head. 0 for no bytes at all.
    mutating func fieldCount(_ bytes: RawSpan) throws(MetadataError) -> Int {
        guard bytes.byteCount > 0 else { return 0 }
        guard try byte(bytes) == Metadata.encodingVersion else { throw .damaged(.version) }
        let count = try varint(bytes)
        guard (1...UInt64(Metadata.fieldLimit)).contains(count) else { throw .damaged(.rules) }
        return Int(count)
    }

    mutating func string(_ bytes: RawSpan) throws(MetadataError) -> String {
        let count = try length(bytes)
        let piece = bytes.extracting(at..<at + count)
        at += count
        let text = unsafe piece.withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
        guard let text else { throw .damaged(.text) }
        return text
    }

    /// Passes over a name, and says whether it is `name`.
    mutating func takeName(_ bytes: RawSpan, equalTo name: String) throws(MetadataError) -> Bool {
        let count = try length(bytes)
        let piece = bytes.extracting(at..<at + count)
        at += count
        return unsafe piece.withUnsafeBytes { unsafe $0.elementsEqual(name.utf8) }
    }

    mutating func value(_ bytes: RawSpan) throws(MetadataError) -> JSONValue {
        let type = try type(bytes)
        guard type == .array else { return try scalar(type, bytes) }
        let end = try length(bytes) + at
        let count = try varint(bytes)
        guard count > 0 else { throw .damaged(.rules) }
        var values: [JSONValue] = []
        // Not reserved for `count`, which may be any number: each element takes a byte at least.
        for _ in 0..<count {
            let type = try self.type(bytes)
            guard type != .array, type != .true, type != .false else { throw .damaged(.rules) }
            let value = try scalar(type, bytes)
            if let first = values.first, (first.double == nil) != (value.double == nil) { throw .damaged(.rules) }
            values.append(value)
            guard at <= end else { throw .damaged(.length) }
        }
        guard at == end else { throw .damaged(.length) }
        return .array(values)
    }

    mutating func skipValue(_ bytes: RawSpan) throws(MetadataError) {
        switch try type(bytes) {
        case .true, .false: break
        case .integer, .unsigned: _ = try varint(bytes)
        case .number: _ = try fixed(bytes)
        case .string, .array: at += try length(bytes)
        }
    }

    private mutating func scalar(_ type: Metadata.ValueType, _ bytes: RawSpan) throws(MetadataError) -> JSONValue {
        switch type {
        case .string: return .string(try string(bytes))
        case .true: return .boolean(true)
        case .false: return .boolean(false)
        case .integer:
            let zigzag = try varint(bytes)
            return .integer(Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1))
        case .unsigned:
            let value = try varint(bytes)
            guard value > UInt64(Int64.max) else { throw .damaged(.rules) }
            return .unsigned(value)
        case .number:
            let value = Double(bitPattern: try fixed(bytes))
            guard value.isFinite else { throw .damaged(.rules) }
            return .number(value)
        case .array: throw .damaged(.rules)
        }
    }

    private mutating func type(_ bytes: RawSpan) throws(MetadataError) -> Metadata.ValueType {
        guard let type = Metadata.ValueType(rawValue: try byte(bytes)) else { throw .damaged(.type) }
        return type
    }

    /// A length that the rest has.
    private mutating func length(_ bytes: RawSpan) throws(MetadataError) -> Int {
        let length = try varint(bytes)
        guard length <= UInt64(bytes.byteCount - at) else { throw .damaged(.length) }
        return Int(length)
    }

    private mutating func byte(_ bytes: RawSpan) throws(MetadataError) -> UInt8 {
        guard at < bytes.byteCount else { throw .damaged(.endsEarly) }
        defer { at += 1 }
        // Any byte is a UInt8, and the load checks its bounds once more.
        return unsafe bytes.unsafeLoad(fromByteOffset: at, as: UInt8.self)
    }

    private mutating func fixed(_ bytes: RawSpan) throws(MetadataError) -> UInt64 {
        guard bytes.byteCount - at >= 8 else { throw .damaged(.endsEarly) }
        defer { at += 8 }
        return unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self))
    }

    private mutating func varint(_ bytes: RawSpan) throws(MetadataError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte = try byte(bytes)
            // The tenth byte has one bit left; a last byte of 0 adds nothing, except that 0 itself is one.
            guard shift < 63 || byte <= 1, byte != 0 || shift == 0 else { throw .damaged(.length) }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw .damaged(.length)
    }
}
