internal import Index
public import Router
internal import Storage
public import Vectors

/// What a query asks for beside its vector.
public struct QueryOptions: Sendable {
    /// Only rows that match; a filtered answer holds `k` hits whenever `k` live rows match.
    public var filter: Filter?
    /// Scans everything: the truth. Costs O(rows); in front of a remote it fetches every vector that is not here, which
    /// can cost far more than the remote's own answer, whatever the cold path.
    public var isExact = false
    /// Overrides of the collection's settings, for this query alone.
    public var recall: Double?
    /// Lists to look into, in place of what the recall curve says.
    public var nprobe: Int?
    /// Candidates to look at, in place of what the recall curve says.
    public var candidates: Int?
    /// The policy that decides which missing vectors are fetched, in place of the collection's.
    public var policy: PolicyName?
    /// How the cold store is asked, in place of the collection's way.
    public var coldPath: ColdPath?
    /// Whether hits carry their metadata.
    public var wantsMetadata = false
    /// In front of a remote missing vectors are fetched then, whatever the cold path: its own answers carry none.
    public var wantsVectors = false
    /// Whether the answer tells what was known and done of each candidate (``Answer/explanation``).
    public var isExplained = false
    /// False for scans, audits and batch jobs: they fill no tier and count as no use.
    public var countsAsUse = true
    /// Seconds after which a missing vector keeps its estimate and the answer says `degraded`; nil waits.
    public var deadlineSeconds: Double?

    /// The collection's own settings; no filter, no metadata.
    public init() {}
}

/// One page of a listing.
public struct RecordPage: Sendable {
    /// The records of the page.
    public let records: [VectorRecord]
    /// Where the next page begins; nil after the last.
    public let next: String?
}

extension VectorCollection {
    /// The `k` nearest live vectors to `vector`, nearest first, with where each came from.
    ///
    /// - Parameters:
    ///   - vector: `dimension` float32 values, finite; for cosine not all zero.
    ///   - k: 1...10,000.
    ///   - options: what else is asked for.
    /// - Returns: at most `k` hits, distance ascending, ties by smaller row; fewer only if fewer live rows match.
    /// - Throws: ``InputError`` for a wrong query, `StorageError` for a damaged store.
    public func query(_ vector: [Float], k: Int = 10, options: QueryOptions = QueryOptions()) async throws -> Answer {
        let engine = try engine()
        guard (1...10_000).contains(k) else {
            throw InputError.outOfRange(name: "k", value: "\(k)", allowed: "1 to 10,000")
        }
        try InputVector.check(vector, dimension: dimension, metric: metric, key: nil)
        try Self.check(options)
        let settings = settings
        let plan = engine.plan(settings, options)
        var request = QueryRequest(
            values: vector, prepared: engine.preparation.prepare(vector), k: k, filter: options.filter,
            isExact: options.isExact, policy: try engine.policy(settings, options, k: k, plan: plan),
            wantsMetadata: options.wantsMetadata, wantsVectors: options.wantsVectors,
            countsAsUse: options.countsAsUse, coldPath: options.coldPath ?? settings.coldPath,
            asksStoreFirst: engine.isAttaching,
            deadline: options.deadlineSeconds.map { ContinuousClock.now + .seconds($0) })
        request.isExplained = options.isExplained
        // A query of a local collection never waits for anything, so tasks that ask in a loop would keep the pool's few
        // threads for ever: writers would not even hear that they are done.
        await Task.yield()
        let answer = try await engine.router.answer(request, plan: plan)
        if options.countsAsUse, !options.isExact { engine.observed.note(answer) }
        return answer
    }

    /// The same with a filter, which is what most callers want beside `k`.
    public func query(_ vector: [Float], k: Int = 10, filter: Filter) async throws -> Answer {
        var options = QueryOptions()
        options.filter = filter
        return try await query(vector, k: k, options: options)
    }

    /// Answers to many queries, in their order.
    public func query(
        _ vectors: [[Float]], k: Int = 10, options: QueryOptions = QueryOptions()
    ) async throws -> [Answer] {
        var answers: [Answer] = []
        for vector in vectors { answers.append(try await query(vector, k: k, options: options)) }
        return answers
    }

    /// The records of `keys`, in their order; nil for a key that is not there.
    ///
    /// Of a remote collection vectors that are in no local tier are fetched from the cold store.
    /// - Throws: ``MemVecError/cold(_:)`` when the cold store is needed and does not answer.
    public func get(_ keys: [String], wantsVectors: Bool = true) async throws -> [VectorRecord?] {
        let checked = try keys.map { try VectorKey($0) }
        let engine = try engine()
        let records = try engine.store.read { reader in
            try checked.map { key in
                guard let row = try reader.row(of: key) else { return VectorRecord?.none }
                return try Self.record(row, reader, wantsVectors: wantsVectors)
            }
        }
        return wantsVectors ? try await engine.withVectors(records) : records
    }

    /// A page of all records, or of those that match, in an order of the store's own that survives a reopen.
    ///
    /// - Parameters:
    ///   - position: where the page before ended (``RecordPage/next``).
    ///   - limit: how many records a page has at most.
    ///   - filter: only records that match.
    ///   - wantsVectors: whether they carry their values.
    public func list(
        after position: String? = nil, limit: Int = 1000, filter: Filter? = nil, wantsVectors: Bool = false
    ) async throws -> RecordPage {
        guard (1...100_000).contains(limit) else {
            throw InputError.outOfRange(name: "limit", value: "\(limit)", allowed: "1 to 100,000")
        }
        let after = try position.map { try Self.position($0) }
        let engine = try engine()
        let page = try engine.store.read { reader in
            let matching = try filter.map { try reader.rows(matching: $0) }
            var records: [VectorRecord] = [], next = after
            repeat {
                let page = try reader.list(after: next, limit: limit - records.count)
                for row in page.rows where matching?.contains(row) ?? true {
                    if let record = try Self.record(row, reader, wantsVectors: wantsVectors) { records.append(record) }
                }
                next = page.next
            } while next != nil && records.count < limit
            return RecordPage(records: records, next: next.map(Self.text))
        }
        guard wantsVectors else { return page }
        return RecordPage(records: try await engine.withVectors(page.records).compactMap { $0 }, next: page.next)
    }

    /// All records that match, without their vectors, in the order of their rows.
    public func records(matching filter: Filter) async throws -> [VectorRecord] {
        try engine().store.read { reader in
            try reader.rows(matching: filter).rows.compactMap { try Self.record($0, reader, wantsVectors: false) }
        }
    }

    /// How many live vectors there are, or match.
    public func count(matching filter: Filter? = nil) async throws -> Int {
        let store = try engine().store
        guard let filter else { return Int(try store.read { try $0.counters().liveCount }) }
        return try store.read { try $0.rows(matching: filter).count }
    }

    static func record(
        _ row: Row, _ reader: borrowing StoreReader, wantsVectors: Bool
    ) throws -> VectorRecord? {
        guard let record = try reader.record(of: row) else { return nil }
        let values = wantsVectors ? try reader.withVector(of: row) { span in span.indices.map { span[$0] } } : nil
        return VectorRecord(
            key: record.key, values: values ?? [], metadata: try Metadata(encoded: record.encodedMetadata))
    }

    private static func check(_ options: QueryOptions) throws(InputError) {
        if let nprobe = options.nprobe, !(1...1_048_576).contains(nprobe) {
            throw .outOfRange(name: "nprobe", value: "\(nprobe)", allowed: "1 to 1,048,576")
        }
        if let candidates = options.candidates, !(1...100_000).contains(candidates) {
            throw .outOfRange(name: "candidates", value: "\(candidates)", allowed: "1 to 100,000")
        }
        if let recall = options.recall, !(0.5...0.9999).contains(recall) {
            throw .outOfRange(name: "recall", value: "\(recall)", allowed: "0.5 to 0.9999")
        }
        if let seconds = options.deadlineSeconds, !(abs(seconds) <= CollectionSettings.longestSeconds) {
            throw .outOfRange(name: "deadline", value: "\(seconds)", allowed: "seconds, up to ten years")
        }
    }

    private static func text(_ position: [UInt8]) -> String {
        position.map { byte in
            let hex = String(byte, radix: 16)
            return hex.count == 1 ? "0" + hex : hex
        }.joined()
    }

    private static func position(_ text: String) throws(InputError) -> [UInt8] {
        let digits = text.compactMap { $0.hexDigitValue.map { UInt8($0) } }
        guard digits.count == text.count, digits.count == 32 else {
            throw .outOfRange(name: "list position", value: "\"\(text)\"", allowed: "what a page before gave as next")
        }
        return stride(from: 0, to: 32, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
