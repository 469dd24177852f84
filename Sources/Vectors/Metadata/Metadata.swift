/// What a user says about a vector: a JSON object of strings, numbers, booleans, and arrays of strings or of numbers.
///
/// The rules and limits are those of S3 Vectors. Fields keep their order; numbers keep what the JSON said.
public struct Metadata: Sendable, Equatable {
    public static let fieldLimit = 50
    /// Bytes of compact JSON, plus 5.
    public static let byteLimit = 40_960
    public static let filterableByteLimit = 2_048

    public let fields: [JSONValue.Member]

    public init() { fields = [] }

    /// From a JSON object.
    /// - Throws: ``MetadataError``.
    public init(json: String) throws(MetadataError) {
        let value: JSONValue
        do { value = try JSONValue(json) } catch { throw .notJSON(error.why) }
        try self.init(value)
    }

    public init(_ value: JSONValue) throws(MetadataError) {
        guard case .object(let members) = value else { throw .notAnObject(found: value.summary) }
        for member in members { try Self.check(member) }
        // Of a name that is there twice the last counts, as most readers of JSON have it.
        var fields: [JSONValue.Member] = []
        for member in members {
            if let at = fields.firstIndex(where: { $0.name.utf8.elementsEqual(member.name.utf8) }) {
                fields[at] = member
            } else {
                fields.append(member)
            }
        }
        self.fields = fields
    }

    init(checked fields: [JSONValue.Member]) { self.fields = fields }

    public var isEmpty: Bool { fields.isEmpty }

    public subscript(name: String) -> JSONValue? {
        fields.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    public var json: String { JSONValue.object(fields).text }

    /// Checks sizes. `nonFilterable` are the keys that the collection declared so.
    /// - Throws: ``MetadataError``.
    public func checkLimits(nonFilterable: some Collection<String>) throws(MetadataError) {
        if fields.isEmpty { return }
        guard fields.count <= Self.fieldLimit else { throw .tooManyFields(count: fields.count) }
        let byteCount = json.utf8.count + 5
        guard byteCount <= Self.byteLimit else { throw .tooLarge(byteCount: byteCount) }
        let filterable = fields.filter { field in !nonFilterable.contains { $0.utf8.elementsEqual(field.name.utf8) } }
        let filterableCount = JSONValue.object(filterable).text.utf8.count + 5
        guard filterableCount <= Self.filterableByteLimit else {
            throw .filterableTooLarge(byteCount: filterableCount)
        }
    }

    private static func check(_ member: JSONValue.Member) throws(MetadataError) {
        switch member.value {
        case .string, .boolean, .integer, .unsigned, .number: return
        case .null, .object: throw .wrongType(field: member.name, found: member.value.summary)
        case .array(let values):
            guard let first = values.first else { throw .emptyArray(field: member.name) }
            for value in values {
                switch (first, value) {
                case (.string, .string): continue
                case (.integer, _), (.unsigned, _), (.number, _): if value.double != nil { continue }
                default: break
                }
                throw .wrongElement(field: member.name, found: value.summary)
            }
        }
    }
}

extension JSONValue {
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

/// Why metadata is refused. The texts begin with those of S3 Vectors.
public enum MetadataError: Error, Equatable, Sendable {
    case notJSON(String)
    case notAnObject(found: String)
    case wrongType(field: String, found: String)
    case wrongElement(field: String, found: String)
    case emptyArray(field: String)
    case tooManyFields(count: Int)
    case tooLarge(byteCount: Int)
    case filterableTooLarge(byteCount: Int)
    /// The stored form is damaged.
    case damaged(String)
}

extension MetadataError: CustomStringConvertible {
    /// Stable, for tests and for the wire.
    public var code: String {
        switch self {
        case .notJSON: "metadata_not_json"
        case .notAnObject: "metadata_not_object"
        case .wrongType: "metadata_type"
        case .wrongElement: "metadata_element"
        case .emptyArray: "metadata_empty_array"
        case .tooManyFields: "metadata_fields"
        case .tooLarge: "metadata_size"
        case .filterableTooLarge: "metadata_filterable_size"
        case .damaged: "metadata_damaged"
        }
    }

    public var description: String {
        switch self {
        case .notJSON(let why): "metadata is not JSON: \(why)"
        case .notAnObject(let found): "metadata must be a JSON object, not \(found)"
        case .wrongType(let field, let found):
            "Metadata values must be strings, numbers, booleans, or arrays: field \"\(field)\" is \(found)"
        case .wrongElement(let field, let found):
            "Metadata array values must be strings or numbers: field \"\(field)\" holds \(found)"
                + " (all elements of one array must be of one type)"
        case .emptyArray(let field): "Empty arrays are not allowed in metadata: field \"\(field)\""
        case .tooManyFields(let count): "Metadata object must have at most 50 keys: it has \(count)"
        case .tooLarge(let byteCount): "Metadata object must have at most 40960 bytes: it has \(byteCount)"
        case .filterableTooLarge(let byteCount):
            "Filterable metadata must have at most 2048 bytes: it has \(byteCount); "
                + "declare large fields non-filterable when the collection is created"
        case .damaged(let what): "stored metadata is damaged: \(what)"
        }
    }
}
