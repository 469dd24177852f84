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
                return try await nextPage(request, token, index)
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
        let provenance = answer.provenance, origin = Self.origin(provenance)
        func headers(_ beside: Provenance.ColdUse = .init()) -> Headers {
            var use = provenance.cold
            use.requestCount += beside.requestCount
            use.keyCount += beside.keyCount
            use.dollars += beside.dollars
            return origin + Self.effort(use, nanoseconds: provenance.time.total)
        }
        metrics.note(answer)
        guard provenance.reason != .degraded || settings.givesDegradedAnswers else {
            throw Self.unavailable("what the index stands in front of did not answer in time")
        }
        guard answer.hits.count > Limits.queryPage || (wantsMetadata && !fitsOnePage) else {
            let hits = answer.hits.map { hit in
                Self.hit(hit.key, hit.distance, hit.metadata ?? Metadata(), request)
            }
            return (.init(vectors: hits, distanceMetric: index.collection.metric), headers())
        }
        let ranking = Ranking(
            index: index.name, request: request, keys: answer.hits.map(\.key), distances: answer.hits.map(\.distance),
            headers: origin)
        let page = try await page(ranking, from: 0, token: nil, request, index)
        return (page.answer, headers(page.use))
    }

    /// The headers tell of the whole ranking where it came from, and of this page alone what it cost.
    private func nextPage(
        _ request: QueryVectors, _ token: String, _ index: OpenIndex
    ) async throws -> (QueryVectors.Answer, Headers) {
        let start = ContinuousClock.now
        let found = try rankings.find(token, request, index.name, now: start)
        let page = try await page(found.ranking, from: found.offset, token: found.name, request, index)
        let time = (ContinuousClock.now - start).components
        let nanoseconds = UInt64(time.seconds) * 1_000_000_000 + UInt64(time.attoseconds / 1_000_000_000)
        return (page.answer, found.ranking.headers + Self.effort(page.use, nanoseconds: nanoseconds))
    }

    /// Up to 100 of a ranking. A vector that is gone meanwhile keeps its place, without metadata.
    private func page(
        _ ranking: Ranking, from offset: Int, token: String?, _ request: QueryVectors, _ index: OpenIndex
    ) async throws -> (answer: QueryVectors.Answer, use: Provenance.ColdUse) {
        let end = min(offset + Limits.queryPage, ranking.keys.count)
        var metadata: [Metadata] = [], use = Provenance.ColdUse()
        if request.returnMetadata ?? false {
            (metadata, use) = try await Self.metadata(of: ranking.keys[offset..<end], index.collection)
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
        return (.init(vectors: hits, distanceMetric: index.collection.metric, nextToken: next), use)
    }

    /// Hits that only the remote knows have theirs there.
    private static func metadata(
        of keys: ArraySlice<VectorKey>, _ collection: VectorCollection
    ) async throws -> ([Metadata], Provenance.ColdUse) {
        let texts = keys.map(\.text)
        var records = try await collection.get(texts, wantsVectors: false)
        let unknown = records.indices.filter { records[$0] == nil }
        guard collection.isRemote, !unknown.isEmpty else {
            return (records.map { $0?.metadata ?? Metadata() }, .init())
        }
        let (theirs, use) = try await collection.getThrough(
            unknown.map { texts[$0] }, wantsVectors: false, wantsMetadata: true)
        for (at, record) in zip(unknown, theirs) { records[at] = record }
        return (records.map { $0?.metadata ?? Metadata() }, use)
    }

    private static func hit(
        _ key: VectorKey, _ distance: Float, _ metadata: Metadata, _ request: QueryVectors
    ) -> QueryVectors.Hit {
        .init(
            key: key.text, distance: request.returnDistance ?? false ? distance : nil,
            metadata: request.returnMetadata ?? false ? .object(metadata.fields) : nil)
    }

    /// Where an answer came from; the body stays AWS's.
    static func origin(_ provenance: Provenance) -> Headers {
        let tiers = "ram=\(provenance.ramCount),warm=\(provenance.warmCount),cold=\(provenance.coldCount)"
        return [
            (name: "x-memvec-reason", value: provenance.reason.rawValue), (name: "x-memvec-tiers", value: tiers),
        ]
    }

    static func effort(_ use: Provenance.ColdUse, nanoseconds: UInt64) -> Headers {
        let micros = (nanoseconds + 500) / 1000
        return [
            (name: "x-memvec-cost", value: "calls=\(use.requestCount),keys=\(use.keyCount),usd=\(use.dollars)"),
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
