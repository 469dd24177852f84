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
            try Self.check(request, index)
            let filter = try filter(request.filter, nonFilterable: index.collection.nonFilterableKeys)
            if let token = request.nextToken {
                return try await nextPage(request, token, index)
            }
            return try await firstPage(request, filter, index, context.trace)
        }
    }

    private static func check(_ request: QueryVectors, _ index: OpenIndex) throws(ServiceError) {
        guard request.queryVector != nil || request.queryTexts != nil else {
            throw .invalid("Must specify queryVector, queryTexts, or both", path: "queryVector")
        }
        if let vector = request.queryVector {
            let collection = index.collection
            do throws(InputError) {
                try InputVector.check(vector, dimension: collection.dimension, metric: collection.metric, key: nil)
            } catch {
                let text = "Query vector contains invalid values or is invalid for this index"
                throw .invalid("\(text): \(Self.text(error))", path: "vector", detail: text)
            }
        }
        guard let texts = request.queryTexts else { return }
        try checkUnique(texts.map(\.metadataKey), "queryTexts")
        guard index.facts.indexMode == .enhanced else { throw .textNeedsEnhanced }
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
        _ request: QueryVectors, _ filter: Filter?, _ index: OpenIndex, _ trace: RequestTrace
    ) async throws -> (QueryVectors.Answer, Headers) {
        let fitsOnePage = request.topK <= Limits.queryPage, wantsMetadata = request.returnMetadata ?? false
        // Of many pages each gets its metadata when it is asked for.
        let (hits, provenance) = try await search(request, filter, index, wantsMetadata: wantsMetadata && fitsOnePage)
        let origin = Self.origin(provenance)
        func headers(_ beside: Provenance.ColdUse = .init()) -> Headers {
            var use = provenance.cold
            use.requestCount += beside.requestCount
            use.keyCount += beside.keyCount
            use.dollars += beside.dollars
            return origin + Self.effort(use, nanoseconds: provenance.time.total)
        }
        note(provenance, of: index.name)
        if Double(provenance.time.total) / 1e9 >= settings.slowQuerySeconds {
            trace.note { $0.slow = SlowQuery(k: request.topK, isFiltered: filter != nil, provenance: provenance) }
        }
        if provenance.isAudited, let status = try index.collection.calibration {
            metrics.calibrations.note(status, of: index.name)
        }
        if let sums = try index.collection.spending { metrics.spendings.note(sums, of: index.name) }
        guard provenance.reason != .degraded || settings.givesDegradedAnswers else {
            throw Self.unavailable("what the index stands in front of did not answer in time")
        }
        guard hits.count > Limits.queryPage || (wantsMetadata && !fitsOnePage) else {
            let hits = hits.map { Self.hit($0, $0.metadata ?? Metadata(), request) }
            return (.init(vectors: hits, distanceMetric: index.collection.metric), headers())
        }
        let ranking = Ranking(index: index.name, request: request, hits: hits, headers: origin)
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
        let end = min(offset + Limits.queryPage, ranking.hits.count), hits = ranking.hits[offset..<end]
        var metadata = [Metadata](repeating: Metadata(), count: hits.count), use = Provenance.ColdUse()
        if request.returnMetadata ?? false {
            (metadata, use) = try await Self.metadata(of: hits.map(\.key), index.collection)
        }
        var next: String?
        if end < ranking.hits.count {
            let name = token ?? rankings.keep(ranking, now: ContinuousClock.now)
            next = "\(name).\(end)"
        }
        let vectors = zip(hits, metadata).map { Self.hit($0, $1, request) }
        return (.init(vectors: vectors, distanceMetric: index.collection.metric, nextToken: next), use)
    }

    /// Hits that only the remote knows have theirs there.
    private static func metadata(
        of keys: [VectorKey], _ collection: VectorCollection
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

    private static func hit(_ hit: RankedHit, _ metadata: Metadata, _ request: QueryVectors) -> QueryVectors.Hit {
        .init(
            key: hit.key.text, distance: request.returnDistance ?? false ? hit.distance : nil,
            metadata: request.returnMetadata ?? false ? .object(metadata.fields) : nil,
            scores: request.returnScores ?? false ? hit.scores?.json : nil)
    }

    /// Where an answer came from; the body stays AWS's.
    static func origin(_ provenance: Provenance) -> Headers {
        let tiers = "ram=\(provenance.ramCount),warm=\(provenance.warmCount),cold=\(provenance.coldCount)"
        return [
            (name: "x-memvec-reason", value: provenance.reason.rawValue), (name: "x-memvec-tiers", value: tiers),
        ] + (provenance.expectedRecall.map { [(name: "x-memvec-expected-recall", value: "\($0)")] } ?? [])
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
