internal import S3Vectors
internal import Vectors

/// A chunk as the collection keeps it: its key, what is embedded of it, its metadata.
struct StoredChunk: Sendable {
    let key: VectorKey
    /// What the embedder is given: the title says what a passage out of its middle is about.
    let embedded: String
    let metadata: Metadata
    /// Whether something of it was too long and is cut.
    let isCut: Bool

    /// - Parameter count: of the document's chunks.
    /// - Throws: ``InputError`` or ``MetadataError``; what is too long is cut instead.
    init(_ chunk: TextChunk, of document: SourceDocument, _ id: DocumentID, count: Int) throws {
        key = try id.key(ofChunk: chunk.number)
        let title = document.title.cut(toJSONBytes: ChunkField.titleLimit)
        let section = chunk.section.cut(toJSONBytes: ChunkField.sectionLimit)
        let file = document.file.cut(toJSONBytes: ChunkField.fileLimit)
        let text = chunk.text.cut(toJSONBytes: ChunkField.textLimit)
        embedded = title.isEmpty ? text : title + "\n" + text
        isCut =
            title.utf8.count < document.title.utf8.count || section.utf8.count < chunk.section.utf8.count
            || file.utf8.count < document.file.utf8.count || text.utf8.count < chunk.text.utf8.count
        var fields: [JSONValue.Member] = [
            .init(ChunkField.document, .string(id.text)), .init(ChunkField.title, .string(title)),
            .init(ChunkField.file, .string(file)),
        ]
        if !section.isEmpty { fields.append(.init(ChunkField.section, .string(section))) }
        fields.append(.init(ChunkField.chunk, .integer(Int64(chunk.number))))
        if chunk.number == 0 { fields.append(.init(ChunkField.chunks, .integer(Int64(count)))) }
        fields.append(.init(ChunkField.text, .string(text)))
        let digest = Digest.hexadecimal(Digest.sha256(Array(JSONValue.object(fields).text.utf8))).prefix(32)
        fields.append(.init(ChunkField.digest, .string(String(digest))))
        metadata = try Metadata(.object(fields))
        try metadata.checkLimits(nonFilterable: ChunkField.nonFilterable)
    }
}

extension Metadata {
    /// The string of a field; nil where it is absent or none.
    func string(_ name: String) -> String? {
        if case .string(let text) = self[name] { text } else { nil }
    }

    func integer(_ name: String) -> Int? { self[name]?.double.flatMap { Int(exactly: $0) } }
}
