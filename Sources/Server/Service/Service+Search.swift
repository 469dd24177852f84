internal import MemVec
internal import S3Vectors
internal import Vectors

/// One vector of an answer, in its place.
struct RankedHit: Sendable {
    let key: VectorKey
    /// Nil where the vector was not found by its distance.
    var distance: Float?
    /// Nil unless text was searched.
    var scores: Scores?
    var metadata: Metadata?

    struct Scores: Sendable {
        /// Of a hybrid search alone.
        var fused: Float?
        var texts: [FieldScore]
        /// Of a hybrid search alone.
        var vectorDistance: Float?

        /// As `QueryScores` of the API.
        var json: JSONValue {
            func number(_ value: Float) -> JSONValue { .number(Double(value)) }
            let texts = texts.map { text in
                JSONValue.object([.init("metadataKey", .string(text.field)), .init("score", number(text.score))])
            }
            var members: [JSONValue.Member] = []
            if let fused { members.append(.init("fused", number(fused))) }
            members.append(.init("bm25Scores", .array(texts)))
            if let vectorDistance { members.append(.init("vectorDistance", number(vectorDistance))) }
            return .object(members)
        }
    }
}

extension Service {
    /// By distance, by text (BM25, of several texts the sum), or by both (reciprocal rank fusion).
    func search(
        _ request: QueryVectors, _ filter: Filter?, _ index: OpenIndex, wantsMetadata: Bool
    ) async throws -> (hits: [RankedHit], provenance: Provenance) {
        var options = QueryOptions()
        options.filter = filter
        options.wantsMetadata = wantsMetadata
        options.deadlineSeconds = settings.queryDeadlineSeconds
        let texts = (request.queryTexts ?? []).map { TextQuery(field: $0.metadataKey, text: $0.text) }
        do {
            guard let vector = request.queryVector else { return try await search(texts, request, options, index) }
            guard texts.isEmpty else { return try await search(texts, vector, request, options, index) }
            let answer = try await index.collection.query(vector, k: request.topK, options: options)
            note(answer.hits.map(\.source), of: index.name)
            let hits = answer.hits.map { RankedHit(key: $0.key, distance: $0.distance, metadata: $0.metadata) }
            return (hits, answer.provenance)
        } catch let error as MemVecError {
            throw Self.textError(error, path: "queryTexts")
        }
    }

    private func search(
        _ texts: [TextQuery], _ request: QueryVectors, _ options: QueryOptions, _ index: OpenIndex
    ) async throws -> (hits: [RankedHit], provenance: Provenance) {
        let clock = ContinuousClock(), start = clock.now
        let hits = try await index.collection.searchText(
            texts, k: request.topK, filter: options.filter, wantsMetadata: options.wantsMetadata)
        var provenance = Provenance()
        provenance.reason = .exact
        provenance.time.total = UInt64(max(0, (clock.now - start) / .nanoseconds(1)))
        let ranked = hits.map {
            RankedHit(key: $0.key, scores: .init(texts: $0.fieldScores), metadata: $0.metadata)
        }
        return (ranked, provenance)
    }

    private func search(
        _ texts: [TextQuery], _ vector: [Float], _ request: QueryVectors, _ query: QueryOptions, _ index: OpenIndex
    ) async throws -> (hits: [RankedHit], provenance: Provenance) {
        var options = HybridOptions()
        options.query = query
        let answer = try await index.collection.searchHybrid(vector, texts: texts, k: request.topK, options: options)
        let hits = answer.hits.map { hit in
            RankedHit(
                key: hit.key, distance: hit.distance,
                scores: .init(
                    fused: Float(hit.score), texts: hit.fieldScores, vectorDistance: hit.distance),
                metadata: hit.metadata)
        }
        return (hits, answer.provenance)
    }
}
