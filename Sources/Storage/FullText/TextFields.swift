public import Analysis

/// A metadata field whose words full-text search finds.
public struct TextField: Sendable, Equatable {
    public enum State: UInt8, Sendable {
        /// Rows of before it was added are still gone through.
        case building = 1
        case active
        /// It is no field any more, and its postings are being removed.
        case leaving
    }

    public let name: String
    /// Nil: words are not cut to stems.
    public let language: Language?
    public internal(set) var state: State
    /// Its postings' keys begin with it. Given again when nothing of a field is left.
    let number: UInt8
    /// ``Analyzer/fingerprint`` of what its postings were made with.
    let analysis: UInt32
    /// While it is building: rows below have their postings, and so have those from ``addedAt`` on.
    var builtUpTo: UInt32
    /// The next row to be given when it was added.
    let addedAt: UInt32
    /// Live rows that have terms in it.
    public internal(set) var documentCount: UInt64 = 0
    /// Terms of all those, each as often as it stands there.
    public internal(set) var totalLength: UInt64 = 0

    /// Whether the postings of `row` are there, if it has any.
    func covers(_ row: UInt32) -> Bool {
        switch state {
        case .active: true
        case .building: row < builtUpTo || row >= addedAt
        case .leaving: false
        }
    }
}

/// The text fields of a store, in one value of its table `meta`:
///
///     byte   bytes  what
///     0      1      1, the version of this form
///     1      1      count of fields
///     2      4      one more with each field that was added or removed
///     then for each field
///            1      its number
///            1      state: 1 building, 2 active, 3 leaving
///            2      language, two letters, or two bytes zero
///            4      fingerprint of the analysis
///            4      rows below are built
///            4      the next row when it was added
///            8      count of documents
///            8      length of all documents
///            1      bytes of the name
///            ...    name
struct TextFieldList: Equatable {
    static let key = Array("text".utf8)
    private static let form: UInt8 = 1
    private static let headBytes = 6
    private static let fieldBytes = 33
    /// Numbers are one byte, and 0 is none.
    static let numberLimit = 255

    var version: UInt32 = 0
    var fields: [TextField] = []

    init() {}

    /// Those that are fields of the collection.
    var present: [TextField] { fields.filter { $0.state != .leaving } }
    var isEmpty: Bool { fields.isEmpty }

    func field(_ name: String) -> TextField? {
        fields.first { $0.state != .leaving && $0.name.utf8.elementsEqual(name.utf8) }
    }

    var encoded: [UInt8] {
        var out: [UInt8] = [Self.form, UInt8(truncatingIfNeeded: fields.count)]
        out.appendInteger(version)
        for field in fields {
            out += [field.number, field.state.rawValue]
            out += field.language.map { Array($0.rawValue.utf8) } ?? [0, 0]
            out.appendInteger(field.analysis)
            out.appendInteger(field.builtUpTo)
            out.appendInteger(field.addedAt)
            out.appendInteger(field.documentCount)
            out.appendInteger(field.totalLength)
            let name = Array(field.name.utf8)
            out.append(UInt8(truncatingIfNeeded: name.count))
            out += name
        }
        return out
    }

    /// - Throws: ``StorageError/damaged(path:what:)``, whatever the bytes are.
    init(encoded bytes: UnsafeRawBufferPointer, path: String) throws(StorageError) {
        func damage() -> StorageError { .damaged(path: path, what: "its list of text fields cannot be read") }
        guard bytes.count >= Self.headBytes, unsafe bytes[0] == Self.form else { throw damage() }
        version = unsafe bytes.integer(at: 2, UInt32.self)
        var at = Self.headBytes
        for _ in 0..<(unsafe bytes[1]) {
            guard at + Self.fieldBytes <= bytes.count else { throw damage() }
            let nameEnd = unsafe at + Self.fieldBytes + Int(bytes[at + Self.fieldBytes - 1])
            guard nameEnd <= bytes.count else { throw damage() }
            let code = unsafe String(validating: bytes[at + 2..<at + 4], as: UTF8.self)
            let language = code.flatMap { Language(rawValue: $0) }
            guard let state = unsafe TextField.State(rawValue: bytes[at + 1]),
                language != nil || code == "\u{0}\u{0}",
                let name = unsafe String(validating: bytes[at + Self.fieldBytes..<nameEnd], as: UTF8.self)
            else { throw damage() }
            fields.append(
                unsafe TextField(
                    name: name, language: language, state: state, number: bytes[at],
                    analysis: bytes.integer(at: at + 4, UInt32.self),
                    builtUpTo: bytes.integer(at: at + 8, UInt32.self),
                    addedAt: bytes.integer(at: at + 12, UInt32.self),
                    documentCount: bytes.integer(at: at + 16, UInt64.self),
                    totalLength: bytes.integer(at: at + 24, UInt64.self)))
            at = nameEnd
        }
        guard at == bytes.count else { throw damage() }
    }
}
