internal import Router
internal import Storage
public import Vectors

/// What is sought in one text field.
public struct TextQuery: Sendable {
    /// The metadata key.
    public var field: String
    /// Its words are taken as those of the field are; which of them a text has, and how often, decides.
    public var text: String
    /// How much its ranking counts beside others in a hybrid search.
    public var weight: Double

    /// What is sought in the field; `weight` counts in hybrid searches only.
    public init(field: String, text: String, weight: Double = 1) {
        self.field = field
        self.text = text
        self.weight = weight
    }
}

/// A vector that full-text search found.
public struct TextHit: Sendable, Equatable {
    /// The row that was found.
    public let row: Row
    /// Its key.
    public let key: VectorKey
    /// BM25; of several queries the sum.
    public let score: Float
    /// BM25 for each field of which it has a word that was sought.
    public let fieldScores: [FieldScore]
    /// Nil unless it was asked for.
    public var metadata: Metadata?
}

/// BM25 of one vector for what was sought in one field.
public struct FieldScore: Sendable, Equatable {
    /// The metadata key.
    public let field: String
    /// BM25: more is better.
    public let score: Float
}

extension VectorCollection {
    /// The `k` vectors whose text in `field` fits `text` best by BM25, best first, ties by smaller row.
    ///
    /// Exact: each vector that has one of the words is scored. What was put before can be found, what was deleted or
    /// overwritten cannot. Also of a remote collection it asks only what is kept here.
    /// - Parameters:
    ///   - field: a metadata key that is a text field.
    ///   - text: its words are sought.
    ///   - k: 1...10,000.
    ///   - filter: only vectors that match.
    ///   - wantsMetadata: whether hits carry their metadata.
    /// - Returns: fewer than `k` hits if fewer have a word of `text`.
    /// - Throws: ``MemVecError/noTextField(_:)``, ``MemVecError/textFieldBuilding(_:)``, ``InputError``.
    /// - Complexity: about 5 ns for each vector of each word, and one bit a row with a filter.
    public func searchText(
        field: String, text: String, k: Int = 10, filter: Filter? = nil, wantsMetadata: Bool = false
    ) async throws -> [TextHit] {
        try await searchText(
            [TextQuery(field: field, text: text)], k: k, filter: filter, wantsMetadata: wantsMetadata)
    }

    /// The same for several fields, each once: by the sum of their scores. Weights are not looked at.
    public func searchText(
        _ queries: [TextQuery], k: Int = 10, filter: Filter? = nil, wantsMetadata: Bool = false
    ) async throws -> [TextHit] {
        try Self.check(queries, k: k)
        let store = try engine().store
        await Task.yield()
        if isReadOnly { try store.prepareText() }
        return try store.read { reader in
            let asked = try Self.resolve(queries, reader)
            let among = try filter.map { try reader.rows(matching: $0) }
            return try TextRanking(asked, reader).best(k, among: among).map { found in
                guard let record = try reader.record(of: found.row) else {
                    throw StorageError.damaged(path: store.path, what: "dead \(found.row) has postings of terms")
                }
                let scores = zip(queries, found.parts).filter { $1 > 0 }
                return TextHit(
                    row: found.row, key: record.key, score: found.score,
                    fieldScores: scores.map { FieldScore(field: $0.field, score: $1) },
                    metadata: wantsMetadata ? try Metadata(encoded: record.encodedMetadata) : nil)
            }
        }
    }

    static func check(_ queries: [TextQuery], k: Int) throws(InputError) {
        guard (1...10_000).contains(k) else {
            throw .outOfRange(name: "k", value: "\(k)", allowed: "1 to 10,000")
        }
        guard (1...TextFieldSetting.limit).contains(queries.count) else {
            throw .outOfRange(
                name: "number of text queries", value: "\(queries.count)", allowed: "1 to \(TextFieldSetting.limit)")
        }
        guard Set(queries.map { Array($0.field.utf8) }).count == queries.count else {
            throw .outOfRange(
                name: "fields of text queries", value: queries.map { "\"\($0.field)\"" }.joined(separator: ", "),
                allowed: "each field once")
        }
    }

    private static func resolve(
        _ queries: [TextQuery], _ reader: borrowing StoreReader
    ) throws -> [(field: TextField, text: String)] {
        let fields = try reader.textFields()
        return try queries.map { query in
            guard let field = fields.first(where: { $0.name.utf8.elementsEqual(query.field.utf8) }) else {
                throw MemVecError.noTextField(query.field)
            }
            guard field.state == .active else { throw MemVecError.textFieldBuilding(query.field) }
            return (field, query.text)
        }
    }
}
