/// What a user says about a vector: a JSON object of strings, numbers, booleans, and arrays of strings or of numbers.
///
/// The rules and limits are those of S3 Vectors; what cannot be stored cannot be made, except that how much of it may
/// be filterable is known to the collection alone (``checkLimits(nonFilterable:)``). Numbers keep
/// what the JSON said. A field's name is its bytes: "é" in one scalar and in two are two fields.
public struct Metadata: Sendable {
    /// Fields of one vector, at most.
    public static let fieldLimit = 50
    /// Of ``byteCount``.
    public static let byteLimit = 40_960
    /// Of ``filterableByteCount(nonFilterable:)``.
    public static let filterableByteLimit = 2_048
    /// What S3 Vectors adds to the bytes of the JSON.
    static let byteOverhead = 5

    /// In the order of the JSON; each name once.
    public let fields: [JSONValue.Member]

    /// No fields.
    public init() { fields = [] }

    /// From the text of a JSON object.
    /// - Throws: ``MetadataError``.
    public init(json: String) throws(MetadataError) {
        let value: JSONValue
        do { value = try JSONValue(json) } catch { throw .notJSON(error) }
        try self.init(value)
    }

    /// Of a name that is there twice the last counts, as most readers of JSON have it.
    /// - Throws: ``MetadataError``.
    public init(_ value: JSONValue) throws(MetadataError) {
        guard case .object(let members) = value else { throw .notAnObject(found: value.summary) }
        var fields: [JSONValue.Member] = []
        for member in members {
            try Self.check(member)
            if let at = fields.firstIndex(where: { $0.name.hasSameBytes(as: member.name) }) {
                fields[at] = member
            } else {
                // Before the next comparison with all: a stranger's object may have a million members.
                guard fields.count < Self.fieldLimit else { throw .tooManyFields(atLeast: fields.count + 1) }
                fields.append(member)
            }
        }
        self.init(checked: fields)
        guard byteCount <= Self.byteLimit else { throw .tooLarge(byteCount: byteCount) }
    }

    /// `fields` are known to keep the rules.
    init(checked fields: [JSONValue.Member]) { self.fields = fields }

    /// Whether there are no fields.
    public var isEmpty: Bool { fields.isEmpty }

    /// The value of a field; nil where it is absent.
    public subscript(name: String) -> JSONValue? {
        fields.first { $0.name.hasSameBytes(as: name) }?.value
    }

    /// Compact JSON.
    public var json: String { JSONValue.object(fields).text }

    /// As S3 Vectors counts it: bytes of compact JSON in UTF-8, and 5.
    public var byteCount: Int { JSONValue.byteCount(of: fields) + Self.byteOverhead }

    /// The same for the fields that filters may name.
    ///
    /// - Parameter nonFilterable: the keys that the collection declared so.
    public func filterableByteCount(nonFilterable: some Collection<String>) -> Int {
        if nonFilterable.isEmpty { return byteCount }
        let filterable = fields.filter { !nonFilterable.holdBytes(of: $0.name) }
        return JSONValue.byteCount(of: filterable) + Self.byteOverhead
    }

    /// Checks what depends on the collection: how much is filterable.
    ///
    /// - Parameter nonFilterable: the keys that the collection declared so.
    /// - Throws: ``MetadataError/filterableTooLarge(byteCount:)``.
    public func checkLimits(nonFilterable: some Collection<String>) throws(MetadataError) {
        let filterable = filterableByteCount(nonFilterable: nonFilterable)
        guard filterable <= Self.filterableByteLimit else { throw .filterableTooLarge(byteCount: filterable) }
    }

    private static func check(_ member: JSONValue.Member) throws(MetadataError) {
        switch member.value {
        case .string, .boolean, .integer, .unsigned: return
        case .number(let value):
            // No JSON text holds such a number; a caller in Swift can.
            guard value.isFinite else { throw .notFinite(field: member.name) }
        case .null, .object: throw .wrongType(field: member.name, found: member.value.summary)
        case .array(let values): try check(values, of: member.name)
        }
    }

    private static func check(_ values: [JSONValue], of field: String) throws(MetadataError) {
        guard let first = values.first else { throw .emptyArray(field: field) }
        let holdsStrings = if case .string = first { true } else { false }
        for value in values {
            switch value {
            case .string where holdsStrings: continue
            case .integer where !holdsStrings, .unsigned where !holdsStrings: continue
            case .number(let number) where !holdsStrings:
                guard number.isFinite else { throw .notFinite(field: field) }
            default: throw .wrongElement(field: field, found: value.summary)
            }
        }
    }
}

extension Metadata: Equatable {
    /// The same fields with the same values, in any order: a JSON object has none.
    public static func == (a: Metadata, b: Metadata) -> Bool {
        guard a.fields.count == b.fields.count else { return false }
        return a.fields == b.fields || a.fields.allSatisfy { b[$0.name] == $0.value }
    }
}
