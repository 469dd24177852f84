package import Tiers
package import Vectors

extension ObjectColdStore {
    package func fetch(
        _ keys: [VectorKey], _ parts: ColdParts, timeout: Duration
    ) async throws(ColdError) -> [ColdVector] {
        try Self.check(keys.count, limits.keysPerFetch, "keys", unique: Set(keys).count)
        let errand = errand(.fetch, timeout)
        let hashes = keys.map { (key: $0, hash: KeyHash($0)) }
        return try await reading(for: errand) { view in
            hashes.compactMap { key, hash in
                for pack in view.packs {
                    guard let entry = pack.entry(of: hash) else { continue }
                    return entry.isDeleted ? nil : Wanted(pack: pack, entry: entry, key: key)
                }
                return nil
            }
        } _: {
            parts
        }
    }

    /// In the order of the keys' hashes; the token is the last hash of the page. A segment is a part of the hashes.
    package func list(_ request: ColdListRequest, timeout: Duration) async throws(ColdError) -> ColdPage {
        try Self.check(request.limit, limits.vectorsPerPage, "maxResults", unique: request.limit)
        let segment = request.segment ?? .init(index: 0, of: 1)
        guard segment.count >= 1, (0..<segment.count).contains(segment.index) else {
            throw .refused(status: 400, code: "ValidationException", message: "there is no such segment")
        }
        var after: KeyHash?
        if let token = request.token {
            guard let hash = KeyHash(token) else {
                throw .refused(status: 400, code: "ValidationException", message: "the token is none of ours")
            }
            after = hash
        }
        let last = Box<KeyHash>()
        let vectors = try await reading(for: errand(.list, timeout)) { view in
            let page = Self.page(view.packs, segment, after: after, limit: request.limit)
            last.value = page.isLast ? nil : page.wanted.last?.entry.hash
            return page.wanted
        } _: {
            request.parts
        }
        return ColdPage(vectors: vectors, nextToken: last.value?.text)
    }

    /// A value that a closure gives out beside its result.
    private final class Box<Value> { var value: Value? }

    /// A record that is to be read.
    struct Wanted: Sendable {
        let pack: PackDirectory
        let entry: PackEntry
        /// Nil if it is not known: the record says it.
        let key: VectorKey?
    }

    /// Chooses records by a view and reads them; again by a newer view if packs were merged away meanwhile.
    private func reading(
        for errand: Errand, _ choose: (View) -> [Wanted], _ parts: () -> ColdParts
    ) async throws(ColdError) -> [ColdVector] {
        for attempt in 0..<4 {
            let view = try await view(youngerThan: attempt == 0 ? settings.manifestAge : .zero, for: errand)
            if let found = try await read(choose(view), parts(), view.description, for: errand) { return found }
        }
        throw .unavailable(status: 404, message: "a pack of the manifest is not there")
    }

    /// The next vectors of a segment: the newest pack that has a key says what of it.
    static func page(
        _ packs: [PackDirectory], _ segment: ColdListRequest.Segment, after: KeyHash?, limit: Int
    ) -> (wanted: [Wanted], isLast: Bool) {
        let start = bound(segment.index, of: segment.count) ?? KeyHash(high: 0, low: 0)
        let end = bound(segment.index + 1, of: segment.count)
        var heads = packs.map { pack in
            var head = pack.firstPosition(from: max(start, after ?? start))
            if let after, head < pack.count, pack[head].hash == after { head += 1 }
            return head
        }
        var wanted: [Wanted] = []
        while true {
            var newest: (pack: PackDirectory, entry: PackEntry)?
            for (pack, head) in zip(packs, heads) where head < pack.count {
                let entry = pack[head]
                if let end, entry.hash >= end { continue }
                // Strictly: of the same hash the pack that comes first is the newer one.
                if newest.map({ entry.hash < $0.entry.hash }) ?? true { newest = (pack, entry) }
            }
            guard let newest else { return (wanted, true) }
            if !newest.entry.isDeleted {
                if wanted.count == limit { return (wanted, false) }
                wanted.append(Wanted(pack: newest.pack, entry: newest.entry, key: nil))
            }
            for (position, pack) in packs.enumerated() {
                let head = heads[position]
                if head < pack.count, pack[head].hash == newest.entry.hash { heads[position] += 1 }
            }
        }
    }

    /// The first hash of a segment; nil behind the last.
    private static func bound(_ index: Int, of count: Int) -> KeyHash? {
        guard index < count else { return nil }
        return KeyHash(high: UInt64(count).dividingFullWidth((UInt64(index), 0)).quotient, low: 0)
    }

    // MARK: Bytes

    /// The records in their order; nil if a pack is not there any more.
    func read(
        _ wanted: [Wanted], _ parts: ColdParts, _ description: ColdDescription, for errand: Errand
    ) async throws(ColdError) -> [ColdVector]? {
        let vectorBytes = 4 * description.dimension
        var pieces: [String: [Range<Int>]] = [:]
        for record in wanted {
            let ranges = record.ranges(parts, vectorBytes)
            pieces[record.pack.shape.name, default: []] += [ranges.facts, ranges.values].compactMap(\.self)
        }
        let requests = pieces.flatMap { name, ranges in
            ReadPlan.merged(ranges, gapBytes: settings.gapBytes, limitBytes: settings.readBytes).map { (name, $0) }
        }
        let answers = try await concurrently(requests) {
            [self] (request) async throws(ColdError) -> ReadPlan.Piece? in
            let bytes = try await bucket.get(name(request.0), range: request.1, left(errand))
            return bytes.map { ReadPlan.Piece(name: request.0, start: request.1.lowerBound, bytes: $0) }
        }
        guard !answers.contains(where: { $0 == nil }) else { return nil }
        let plan = ReadPlan(answers.compactMap(\.self))
        return try wanted.map { (record) throws(ColdError) in
            try Self.vector(record, parts, record.ranges(parts, vectorBytes), plan)
        }
    }

    private static func vector(
        _ record: Wanted, _ parts: ColdParts, _ ranges: (facts: Range<Int>?, values: Range<Int>?), _ plan: ReadPlan
    ) throws(ColdError) -> ColdVector {
        let name = record.pack.shape.name
        var key = record.key
        var metadata: Metadata?
        if let range = ranges.facts {
            let facts = try PackReader.facts(try plan.bytes(name, range), record.entry)
            // Not unless two keys have one hash.
            guard key == nil || key == facts.key else { throw .strangeAnswer(what: "a pack has another key") }
            key = facts.key
            if parts.contains(.metadata) { metadata = facts.metadata }
        }
        guard let key else { throw .strangeAnswer(what: "a record without a key") }
        var values: [Float]?
        if let range = ranges.values { values = try PackReader.values(try plan.bytes(name, range), record.entry) }
        return ColdVector(key: key, values: values, metadata: metadata)
    }
}

extension ObjectColdStore.Wanted {
    /// Where in the object lies what is wanted of it.
    func ranges(_ parts: ColdParts, _ vectorBytes: Int) -> (facts: Range<Int>?, values: Range<Int>?) {
        var facts: Range<Int>?
        if key == nil || parts.contains(.metadata) {
            let start = pack.shape.factsStart + entry.factsOffset
            facts = start..<(start + entry.factsLength)
        }
        guard parts.contains(.values), !entry.isDeleted else { return (facts, nil) }
        let start = pack.shape.vectorsStart + Int(entry.vector) * vectorBytes
        return (facts, start..<(start + vectorBytes))
    }
}

/// Runs `body` for each item, all at once (the transport bounds what is under way), and keeps their order.
func concurrently<Item: Sendable, R: Sendable>(
    _ items: [Item], _ body: @escaping @Sendable (Item) async throws(ColdError) -> R
) async throws(ColdError) -> [R] {
    if items.isEmpty { return [] }
    let results: [Int: Result<R, ColdError>] = await withTaskGroup(of: (Int, Result<R, ColdError>).self) { group in
        for (position, item) in items.enumerated() {
            group.addTask {
                do throws(ColdError) { return (position, .success(try await body(item))) } catch {
                    return (position, .failure(error))
                }
            }
        }
        var results: [Int: Result<R, ColdError>] = [:]
        for await (position, result) in group {
            results[position] = result
            if case .failure = result { group.cancelAll() }
        }
        return results
    }
    // The first that failed by itself, not one of those that were cancelled for it.
    let errors = results.values.compactMap { result in if case .failure(let error) = result { error } else { nil } }
    if let error = errors.first(where: { $0 != .cancelled }) ?? errors.first { throw error }
    var out: [R] = []
    for position in items.indices { if case .success(let value)? = results[position] { out.append(value) } }
    return out
}
