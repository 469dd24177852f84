internal import MemVec
internal import S3Vectors
internal import Text
internal import Vectors

/// What the dashboard asks for beside documents and search.
extension Service {
    /// More names than this are not told at once: `more` says how many are left out.
    private static let viewLimit = 200
    private static let eventPause = Duration.seconds(1)

    func snapshot(_ principal: Principal?) -> JSONObject {
        let views = snapshots.views(catalog, tallies).filter { principal?.mayReach($0.name.bucket) ?? true }
        var out: JSONObject = [
            "time": settings.clock(), "rights": Self.rights(principal),
            "collections": views.prefix(Self.viewLimit).map(\.object),
            "more": max(0, views.count - Self.viewLimit),
        ]
        for member in metrics.figures.members { out[member.name] = member.value }
        return out
    }

    /// The API lets everybody write where there are no keys; the page does not, as nobody could say who did.
    private static func rights(_ principal: Principal?) -> JSONObject {
        [
            "keys": principal != nil, "accessKey": principal?.keys.accessKey,
            "write": principal.map { !$0.isReadOnly } ?? false,
        ]
    }

    func collections(_ principal: Principal?) -> JSONObject {
        let views = snapshots.views(catalog, tallies).filter { principal?.mayReach($0.name.bucket) ?? true }
        return ["collections": views.map { ["bucket": $0.name.bucket, "index": $0.name.index] as JSONObject }]
    }

    /// A snapshot every second.
    ///
    /// - Throws: ``ServiceError/Code/serviceUnavailable`` when too many read already.
    func events(_ principal: Principal?) throws(ServiceError) -> Reply {
        guard let listener = listeners.enter() else {
            throw Self.unavailable("\(ListenerCount.limit) read events already; GET /v1/snapshot tells the same once")
        }
        var reply = Reply(
            status: 200,
            headers: [(name: "content-type", value: "text/event-stream"), (name: "cache-control", value: "no-store")],
            body: [])
        reply.events = EventSource(pause: Self.eventPause, listener: listener) { [self] in
            // Whoever lost the key meanwhile, or a right, is told so at once.
            let reader = principal.flatMap { renewed($0) }
            guard !isAskedToStop, (reader == nil) == (principal == nil) else { return nil }
            return EventSource.event("snapshot", snapshot(reader).json.text)
        }
        return reply
    }

    /// Everything about one, which is opened for it.
    func description(of index: OpenIndex) throws -> JSONObject {
        var out: JSONObject = [
            "time": settings.clock(), "bucket": index.name.bucket, "index": index.name.index,
        ]
        for member in try snapshots.describe(index, tallies, wantsCurve: true).members {
            out[member.name] = member.value
        }
        out["history"] = tallies.samples(of: index.name).map { sample in
            var object = sample.tally.object
            object["time"] = sample.time
            return object
        }
        return out
    }

    /// One query told step by step. It counts as no use, and as what it costs.
    func explain(_ index: OpenIndex, _ body: [UInt8]) async throws -> JSONObject {
        let collection = index.collection
        let request = try ExplainRequest(body, nonFilterable: collection.nonFilterableKeys)
        var options = QueryOptions()
        options.filter = request.filter
        options.deadlineSeconds = settings.queryDeadlineSeconds
        options.isExplained = true
        options.countsAsUse = false
        let vector = try await vector(of: request.subject, collection)
        do {
            let answer = try await collection.query(vector, k: request.k, options: options)
            metrics.noteCost(answer.provenance)
            return answer.told
        } catch let error as InputError {
            throw ServiceError.invalid(error.description, path: "vector")
        }
    }

    private func vector(of subject: ExplainRequest.Subject, _ collection: VectorCollection) async throws -> [Float] {
        switch subject {
        case .vector(let vector): return vector
        case .key(let key):
            let record: VectorRecord?
            do { record = try await collection.get([key]).first ?? nil } catch let error as InputError {
                throw ServiceError.invalid(error.description, path: "key")
            }
            guard let record else { throw ServiceError(.notFound, "There is no vector with the key \"\(key)\"") }
            return record.values
        case .text(let text):
            guard let maker = collection.settings.embedder else {
                throw ServiceError.invalid("this index does not say what embeds its texts", path: "text")
            }
            do {
                let embedder = try await embedders.embedder(maker).embedder
                return try await embedder.embed([text], as: .query).first ?? []
            } catch let error as EmbedderError {
                throw Self.unavailable("\(error)")
            }
        }
    }
}
