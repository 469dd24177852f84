internal import MemVec
internal import S3Vectors
internal import Text
internal import Vectors

extension Service {
    /// Answers a request below ``DocumentRoute/prefix``.
    func answer(_ call: Call, _ route: DocumentRoute, _ trace: RequestTrace) async throws -> Reply {
        if route == .openAPI { return Self.described }
        try checkBody(call)
        let principal = try principal(call)
        trace.note { $0.accessKey = principal?.keys.accessKey }
        switch route {
        case .openAPI: return Self.described
        case .collections: return Self.json(200, collections(principal).json)
        case .snapshot: return Self.json(200, snapshot(principal).json)
        case .events: return try events(principal)
        case .about(let name, let action):
            trace.note { $0.resource = arn(name) }
            try check(principal, name, action)
            return try await answer(call, name, action)
        }
    }

    private static var described: Reply { Reply(status: 200, body: PackageResources.openapi_json) }

    private func check(
        _ principal: Principal?, _ name: IndexName, _ action: DocumentRoute.Action
    ) throws(ServiceError) {
        guard let principal else { return }
        guard principal.mayReach(name.bucket), !(action.isWrite && principal.isReadOnly) else {
            throw ServiceError(
                .accessDenied,
                "User: \(principal.keys.accessKey) is not authorized to perform: \(action.name) on \(arn(name))")
        }
    }

    private func answer(_ call: Call, _ name: IndexName, _ action: DocumentRoute.Action) async throws -> Reply {
        let query = PercentCoding.pairs(ofQuery: call.query) ?? []
        return try await catalog.withIndex(name) { index in
            switch action {
            case .describe: return Self.json(200, try description(of: index).json)
            case .explain: return Self.json(200, try await explain(index, call.body).json)
            case .list: return try await Self.documents(texts(of: index.collection), query)
            case .show(let id): return try await Self.document(texts(of: index.collection), id)
            case .delete(let id): return try await Self.deletion(texts(of: index.collection), id)
            case .search: return try await search(index, texts(of: index.collection), call.body)
            }
        }
    }

    /// Documents are known by the metadata of their chunks, whoever put these: list, show and deletion work in every
    /// index. The embedder is made where a question is embedded, and not before.
    private func texts(of collection: VectorCollection) -> TextCollection {
        if let maker = collection.settings.embedder {
            return TextCollection(collection, embedder: embedders.embedder(maker))
        }
        // What embeds its texts stands nowhere: it was attached, or its chunks were put from elsewhere.
        let folder = collection.folder
        return TextCollection(collection, embedder: LateEmbedder { throw TextError.noEmbedder(folder: folder) })
    }

    private static func documents(
        _ texts: TextCollection, _ query: [(name: String, value: String)]
    ) async throws -> Reply {
        var limit = 100
        if let text = query.last(where: { $0.name == "limit" })?.value {
            guard let number = Int(text), (1...1000).contains(number) else {
                throw ServiceError.invalid("limit is \"\(text)\"; 1 to 1,000 are possible", path: "limit")
            }
            limit = number
        }
        let page = try await texts.documents(after: query.last { $0.name == "after" }?.value, limit: limit)
        var members: [JSONValue.Member] = [.init("documents", .array(page.documents.map(object)))]
        if let next = page.next { members.append(.init("next", .string(next))) }
        return json(200, .object(members))
    }

    private static func document(_ texts: TextCollection, _ id: String) async throws -> Reply {
        do {
            let (summary, chunks) = try await texts.document(id)
            let passages = chunks.map { chunk in
                JSONValue.object([
                    .init("chunk", .integer(Int64(chunk.number))), .init("section", .string(chunk.section)),
                    .init("text", .string(chunk.text)),
                ])
            }
            guard case .object(let members) = object(summary) else { return json(200, object(summary)) }
            return json(200, .object(members + [.init("passages", .array(passages))]))
        } catch let error as TextError {
            throw ServiceError(.notFound, "\(error)")
        }
    }

    private static func deletion(_ texts: TextCollection, _ id: String) async throws -> Reply {
        let report = try await texts.delete(DocumentID(id))
        return json(
            200,
            .object([
                .init("id", .string(report.document)), .init("chunks", .integer(Int64(report.chunkCount))),
                .init(
                    "removed",
                    .object([
                        .init("remote", .integer(Int64(report.remoteCount))),
                        .init("warm", .integer(Int64(report.warmCount))),
                        .init("ram", .integer(Int64(report.ramCount))),
                    ])),
            ]))
    }

    private func search(_ index: OpenIndex, _ texts: TextCollection, _ body: [UInt8]) async throws -> Reply {
        let request = try SearchRequest(body, nonFilterable: texts.vectors.nonFilterableKeys)
        var options = QueryOptions()
        options.filter = request.filter
        let answer: SearchAnswer
        do {
            answer = try await texts.search(request.query, k: request.k, mode: request.mode, options: options)
        } catch let error as EmbedderError {
            throw Self.unavailable("\(error)")
        } catch TextError.noEmbedder {
            throw ServiceError.invalid(
                "this index does not say what embeds its texts: search it by text, or ingest into it", path: "mode")
        } catch TextError.noFullText {
            throw ServiceError.invalid(
                "this index has no full text over its passages: `memvec documents index` or the next `memvec ingest` "
                    + "makes it; or search by vector", path: "mode")
        } catch MemVecError.textFieldBuilding {
            throw Self.unavailable("the words of this index's passages are still being gone through")
        }
        let passages = JSONValue.Member("passages", .array(answer.passages.map(Self.object)))
        note(answer.passages.compactMap(\.source), of: index.name)
        guard let from = answer.provenance else {
            // Every posting was looked at, and nobody was asked.
            return Self.json(
                200, .object([passages, .init("reason", .string("exact")), .init("dollars", .number(0))]))
        }
        note(from, of: index.name)
        var reply = Self.json(
            200,
            .object([
                passages, .init("reason", .string(from.reason.rawValue)), .init("dollars", .number(from.cold.dollars)),
            ]))
        reply.headers += Self.origin(from) + Self.effort(from.cold, nanoseconds: from.time.total)
        return reply
    }

    private static func object(_ document: DocumentSummary) -> JSONValue {
        .object([
            .init("id", .string(document.id)), .init("title", .string(document.title)),
            .init("file", .string(document.file)), .init("chunks", .integer(Int64(document.chunkCount))),
            .init("state", .string(document.state.rawValue)),
        ])
    }

    private static func object(_ passage: Passage) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("document", .string(passage.document)), .init("title", .string(passage.title)),
            .init("file", .string(passage.file)), .init("section", .string(passage.section)),
            .init("chunk", .integer(Int64(passage.chunk))), .init("text", .string(passage.text)),
            .init("key", .string(passage.key)),
        ]
        if let distance = passage.distance { members.append(.init("distance", .number(Double(distance)))) }
        if let score = passage.score { members.append(.init("score", .number(score))) }
        members.append(
            .init(
                "highlights",
                .array(
                    passage.highlights.map {
                        .array([.integer(Int64($0.lowerBound)), .integer(Int64($0.count))])
                    })))
        if let source = passage.source { members.append(.init("source", .string(source.rawValue))) }
        return .object(members)
    }

    private static func json(_ status: Int, _ value: JSONValue) -> Reply {
        Reply(status: status, body: Array(value.text.utf8))
    }
}
