internal import MemVec
internal import S3Vectors
internal import Vectors

extension Service {
    typealias Headers = [(name: String, value: String)]

    func queryVectors(
        _ request: QueryVectors, _ context: RequestContext
    ) async throws -> (QueryVectors.Answer, Headers) {
        let name = try name(request.index, context)
        return try await catalog.withIndex(name) { index in
            let collection = index.collection
            if request.queryTexts != nil {
                throw ServiceError.invalid(
                    "queryTexts is not supported by this server: it has no full-text search; send queryVector alone",
                    path: "queryTexts")
            }
            guard let vector = request.queryVector else {
                throw ServiceError.invalid("Must specify queryVector", path: "queryVector")
            }
            do throws(InputError) {
                try InputVector.check(vector, dimension: collection.dimension, metric: collection.metric, key: nil)
            } catch {
                let text = "Query vector contains invalid values or is invalid for this index"
                throw ServiceError.invalid("\(text): \(Self.text(error))", path: "vector", detail: text)
            }
            let filter = try filter(request.filter, nonFilterable: collection.nonFilterableKeys)
            if let token = request.nextToken {
                return (try await nextPage(request, token, index), [])
            }
            return try await firstPage(request, vector, filter, index)
        }
    }

    /// - Throws: ``ServiceError`` in the service's words, ours behind them.
    private func filter(_ value: JSONValue?, nonFilterable: [String]) throws(ServiceError) -> Filter? {
        guard var value else { return nil }
        if settings.hasLenientFilters {
            guard let strict = LenientFilter.strict(value) else { return nil }
            value = strict
        }
        do {
            let filter = try Filter(value, nonFilterable: nonFilterable)
            if !settings.hasLenientFilters { try filter.checkConstraintCount() }
            return filter
        } catch {
            throw .invalid(error.wireText, path: "filter", detail: error.serviceText)
        }
    }

    private func firstPage(
        _ request: QueryVectors, _ vector: [Float], _ filter: Filter?, _ index: OpenIndex
    ) async throws -> (QueryVectors.Answer, Headers) {
        let fitsOnePage = request.topK <= Limits.queryPage, wantsMetadata = request.returnMetadata ?? false
        var options = QueryOptions()
        options.filter = filter
        options.deadlineSeconds = settings.queryDeadlineSeconds
        // Of many pages each gets its metadata when it is asked for.
        options.wantsMetadata = wantsMetadata && fitsOnePage
        let answer = try await index.collection.query(vector, k: request.topK, options: options)
        let headers = Self.headers(answer.provenance)
        metrics.note(answer)
        guard answer.provenance.reason != .degraded || settings.givesDegradedAnswers else {
            throw Self.unavailable("what the index stands in front of did not answer in time")
        }
        guard answer.hits.count > Limits.queryPage || (wantsMetadata && !fitsOnePage) else {
            let hits = answer.hits.map { hit in
                Self.hit(hit.key, hit.distance, hit.metadata ?? Metadata(), request)
            }
            return (.init(vectors: hits, distanceMetric: index.collection.metric), headers)
        }
        let ranking = Ranking(
            index: index.name, request: request, keys: answer.hits.map(\.key), distances: answer.hits.map(\.distance))
        return (try await page(ranking, from: 0, token: nil, request, index), headers)
    }

    private func nextPage(
        _ request: QueryVectors, _ token: String, _ index: OpenIndex
    ) async throws -> QueryVectors.Answer {
        let found = try rankings.find(token, request, index.name, now: ContinuousClock.now)
        return try await page(found.ranking, from: found.offset, token: found.name, request, index)
    }

    /// Up to 100 of a ranking. A vector that is gone meanwhile keeps its place, without metadata.
    private func page(
        _ ranking: Ranking, from offset: Int, token: String?, _ request: QueryVectors, _ index: OpenIndex
    ) async throws -> QueryVectors.Answer {
        let end = min(offset + Limits.queryPage, ranking.keys.count)
        var metadata: [Metadata] = []
        if request.returnMetadata ?? false {
            let records = try await index.collection.get(ranking.keys[offset..<end].map(\.text), wantsVectors: false)
            metadata = records.map { $0?.metadata ?? Metadata() }
        }
        let hits = (offset..<end).map { position in
            Self.hit(
                ranking.keys[position], ranking.distances[position],
                metadata.isEmpty ? Metadata() : metadata[position - offset], request)
        }
        var next: String?
        if end < ranking.keys.count {
            let name = token ?? rankings.keep(ranking, now: ContinuousClock.now)
            next = "\(name).\(end)"
        }
        return .init(vectors: hits, distanceMetric: index.collection.metric, nextToken: next)
    }

    private static func hit(
        _ key: VectorKey, _ distance: Float, _ metadata: Metadata, _ request: QueryVectors
    ) -> QueryVectors.Hit {
        .init(
            key: key.text, distance: request.returnDistance ?? false ? distance : nil,
            metadata: request.returnMetadata ?? false ? .object(metadata.fields) : nil)
    }

    /// How the answer came to be; the body stays AWS's.
    private static func headers(_ provenance: Provenance) -> Headers {
        let cold = provenance.cold
        let micros = (provenance.time.total + 500) / 1000
        return [
            (name: "x-memvec-reason", value: provenance.reason.rawValue),
            (
                name: "x-memvec-tiers",
                value: "ram=\(provenance.ramCount),warm=\(provenance.warmCount),cold=\(provenance.coldCount)"
            ),
            (name: "x-memvec-cost", value: "calls=\(cold.requestCount),keys=\(cold.keyCount),usd=\(cold.dollars)"),
            (name: "x-memvec-time", value: "\(Double(micros) / 1000)ms"),
        ]
    }
}

/// Filters as many libraries write them, made into what S3 Vectors takes.
enum LenientFilter {
    /// Several members of one object are joined by `$and`; nil for `{}`, which matches everything.
    static func strict(_ value: JSONValue) -> JSONValue? {
        guard case .object(let members) = value else { return value }
        if members.isEmpty { return nil }
        let filters = members.map { member -> JSONValue in
            guard member.name == "$and" || member.name == "$or", case .array(let values) = member.value else {
                return .object([member])
            }
            return .object([.init(member.name, .array(values.map { strict($0) ?? $0 }))])
        }
        return filters.count == 1 ? filters[0] : .object([.init("$and", .array(filters))])
    }
}
