public import MemVec
internal import Vectors

extension TextCollection {
    /// The passages nearest in meaning to a question in words.
    ///
    /// - Parameters:
    ///   - k: 1...10,000.
    ///   - options: as for a query by vector.
    /// - Throws: ``EmbedderError``, or what a query throws.
    public func search(
        _ question: String, k: Int = 10, options: QueryOptions = QueryOptions()
    ) async throws -> SearchAnswer {
        let clock = ContinuousClock(), began = clock.now
        guard let vector = try await embedder.embed([question], as: .query).first else {
            throw EmbedderError.failed(embedder: embedder.name, problem: "no vector for a question")
        }
        let embedded = clock.now
        var options = options
        options.wantsMetadata = true
        let answer = try await vectors.query(vector, k: k, options: options)
        return SearchAnswer(
            passages: answer.hits.map(Passage.init), provenance: answer.provenance,
            embeddingSeconds: (embedded - began) / .seconds(1))
    }
}

extension Passage {
    init(_ hit: Hit) {
        let metadata = hit.metadata ?? Metadata()
        self.init(
            document: metadata.string(ChunkField.document) ?? "", title: metadata.string(ChunkField.title) ?? "",
            file: metadata.string(ChunkField.file) ?? "", section: metadata.string(ChunkField.section) ?? "",
            chunk: metadata.integer(ChunkField.chunk) ?? 0, text: metadata.string(ChunkField.text) ?? "",
            distance: hit.distance, source: hit.source, key: hit.key.text)
    }
}
