internal import Analysis
public import MemVec
internal import Vectors

extension TextCollection {
    /// The passages that answer a question in words, the best first.
    ///
    /// - Parameters:
    ///   - k: 1...10,000.
    ///   - mode: by text and by both, the collection needs a full text (``prepareFullText(_:)``; an ingest makes it).
    ///     By text the embedder is not asked for.
    ///   - options: as for a query by vector; its filter holds in every mode.
    /// - Throws: ``EmbedderError``, ``TextError``, or what a query throws.
    public func search(
        _ question: String, k: Int = 10, mode: SearchMode = .vector, options: QueryOptions = QueryOptions()
    ) async throws -> SearchAnswer {
        let clock = ContinuousClock(), began = clock.now
        let fullText = try fullText()
        if mode != .vector, fullText == nil { throw TextError.noFullText(folder: vectors.folder) }
        let vector = mode == .text ? [] : try await embedded(question)
        let embeddingSeconds = mode == .text ? 0 : (clock.now - began) / .seconds(1)
        var options = options
        options.wantsMetadata = true
        let (hits, provenance) = try await hits(question, vector, k, mode, options)
        // A collection that has no full text is marked by what English would find.
        let highlights = PassageHighlights(of: question, language: fullText.map(\.language) ?? .english)
        return SearchAnswer(
            passages: hits.map { Passage($0, highlights) }, provenance: provenance,
            embeddingSeconds: embeddingSeconds, seconds: (clock.now - began) / .seconds(1))
    }

    private func embedded(_ question: String) async throws -> [Float] {
        let embedder = try await embedder
        guard let vector = try await embedder.embed([question], as: .query).first else {
            throw EmbedderError.failed(embedder: embedder.name, problem: "no vector for a question")
        }
        return vector
    }

    private func hits(
        _ question: String, _ vector: [Float], _ k: Int, _ mode: SearchMode, _ options: QueryOptions
    ) async throws -> (hits: [Found], provenance: Provenance?) {
        let words = [TextQuery(field: ChunkField.text, text: question)]
        switch mode {
        case .vector:
            let answer = try await vectors.query(vector, k: k, options: options)
            return (answer.hits.map { Found($0) }, answer.provenance)
        case .text:
            let hits = try await vectors.searchText(words, k: k, filter: options.filter, wantsMetadata: true)
            return (hits.map { Found($0) }, nil)
        case .hybrid:
            var hybrid = HybridOptions()
            hybrid.query = options
            let answer = try await vectors.searchHybrid(vector, texts: words, k: k, options: hybrid)
            return (answer.hits.map { Found($0) }, answer.provenance)
        }
    }
}

/// What the kinds of hits have in common.
private struct Found {
    let key: VectorKey
    let metadata: Metadata?
    var distance: Float?
    var score: Double?
    var source: Hit.Source?

    init(_ hit: Hit) {
        (key, metadata, distance, source) = (hit.key, hit.metadata, hit.distance, hit.source)
    }

    init(_ hit: TextHit) {
        (key, metadata, score) = (hit.key, hit.metadata, Double(hit.score))
    }

    init(_ hit: HybridHit) {
        (key, metadata, distance, score, source) = (hit.key, hit.metadata, hit.distance, hit.score, hit.source)
    }
}

extension Passage {
    fileprivate init(_ found: Found, _ highlights: PassageHighlights) {
        let metadata = found.metadata ?? Metadata()
        let text = metadata.string(ChunkField.text) ?? ""
        self.init(
            document: metadata.string(ChunkField.document) ?? "", title: metadata.string(ChunkField.title) ?? "",
            file: metadata.string(ChunkField.file) ?? "", section: metadata.string(ChunkField.section) ?? "",
            chunk: metadata.integer(ChunkField.chunk) ?? 0, text: text, highlights: highlights.ranges(in: text),
            distance: found.distance, score: found.score, source: found.source, key: found.key.text)
    }
}
