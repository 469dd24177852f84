internal import Router
internal import Storage
internal import Synchronization
internal import Tiers
internal import Vectors

/// A batch job over one collection: brings each line's candidates in order, many lines at a time.
///
/// The keys of all lines of a call are made unique and looked up in the order of their hashes; rows are scored in the
/// order of their places, so that each block is read once whatever lines ask for it. What a remote collection does not
/// have at hand is fetched once in the life of the job, in full calls. Nothing is filled and nothing is counted.
package final class Reranker: Sendable {
    /// What is kept of a generation from call to call.
    struct Session: Sendable {
        let engine: Engine
        /// Nil of a local collection.
        let fetched: FetchedVectors?
    }

    /// Keys that one thread checks and scores at a time: some milliseconds of work.
    private static let sliceSize = 1024

    package let collection: VectorCollection
    package let options: RerankOptions
    let crew: BatchCrew
    private let state = Mutex<Session?>(nil)
    private let counts = Mutex(RerankReport())

    package init(_ collection: VectorCollection, _ options: RerankOptions) throws {
        try options.check()
        self.collection = collection
        self.options = options
        crew = BatchCrew(threadCount: options.threadCount, yields: options.yieldsToQueries)
    }

    package var report: RerankReport { counts.withLock { $0 } }

    /// Calls `body` with 0 to `count` - 1 on the job's threads, in order of the results.
    package func map<R: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) throws -> R
    ) async throws -> [R] { try await crew.map(count, body) }

    /// The lines of `batches` in their new order.
    ///
    /// - Throws: ``MemVecError/cold(_:)`` when vectors are needed that cannot be fetched, `StorageError`.
    package func run(_ batches: [RerankBatch]) async throws -> [RerankedBatch] {
        let session = try session(), dimension = collection.dimension
        let wanted = WantedKeys(
            batches.map { WantedKeys.Piece(keys: $0.keys, values: $0.values) }, dimension: dimension,
            metric: collection.metric, wantsRows: options.mmr != nil)
        var report = RerankReport()
        let clock = ContinuousClock()
        var start = clock.now
        func lap() -> Double {
            defer { start = clock.now }
            return (clock.now - start).inSeconds
        }
        let words = try await resolve(wanted, session.engine)
        report.seconds.resolve = lap()
        let missing = try await score(words, wanted, session.engine)
        report.seconds.score = lap()
        try await fetch(missing, wanted, session, &report)
        report.seconds.fetch = lap()
        let found = try await search(batches, &report)
        report.seconds.search = lap()
        var results = try await order(batches, wanted, session)
        for (at, lines) in found.enumerated() { results[at].found = lines }
        report.seconds.order = lap()
        report.chunkCount = 1
        report.lineCount = wanted.lineCount
        report.candidateCount = wanted.count
        report.lookupCount = words.count
        report.searchCount = batches.reduce(0) { $0 + $1.searches.count }
        report.missingCount = results.reduce(0) { $0 + $1.missing.count }
        counts.withLock { [report] in $0.add(report) }
        return results
    }

    private func session() throws -> Session {
        let engine = try collection.engine()
        return try state.withLock { kept in
            if let kept, kept.engine === engine { return kept }
            // A compaction has given the rows other numbers.
            let fetched = try engine.cold.map { _ in try FetchedVectors(engine) }
            let session = Session(engine: engine, fetched: fetched)
            kept = session
            return session
        }
    }

    // MARK: Stages

    /// The words of all keys that are there, sorted by row.
    private func resolve(_ wanted: WantedKeys, _ engine: Engine) async throws -> [UInt64] {
        let store = engine.store
        try await crew.run(wanted.pieces.count) { wanted.note($0, in: store) }
        wanted.gather()
        try await crew.run(wanted.pieces.count) { wanted.place($0) }
        wanted.endPlacing()
        var words = try await crew.map(WantedKeys.partCount) { part in
            try store.read { try $0.resolve(part: part, of: wanted) }
        }.flatMap { $0 }
        WantedKeys.sort(&words)
        let sorted = words
        var confirmed = try await crew.map(Self.sliceCount(sorted.count)) { slice in
            try store.read { try $0.confirm(sorted[Self.slice(slice, sorted.count)], of: wanted) }
        }.flatMap { $0 }
        let isInOrder = zip(confirmed, confirmed.dropFirst()).allSatisfy { $0 < $1 }
        if !isInOrder { WantedKeys.sort(&confirmed) }
        return confirmed
    }

    /// Scores what is at hand; gives the words of what is not.
    private func score(_ words: [UInt64], _ wanted: WantedKeys, _ engine: Engine) async throws -> [UInt64] {
        let tiers = engine.tiers, threadCount = crew.threadCount
        let ordered = tiers.inOrderOfPlaces(words, of: wanted)
        return try await crew.map(Self.sliceCount(ordered.count)) { slice in
            try tiers.score(
                ordered[Self.slice(slice, ordered.count)], of: wanted,
                ahead: ordered[Self.slice(slice + threadCount, ordered.count)])
        }.flatMap { $0 }
    }

    private static func sliceCount(_ count: Int) -> Int { (count + sliceSize - 1) / sliceSize }

    private static func slice(_ index: Int, _ count: Int) -> Range<Int> {
        min(index * sliceSize, count)..<min((index + 1) * sliceSize, count)
    }

    private func fetch(
        _ words: [UInt64], _ wanted: WantedKeys, _ session: Session, _ report: inout RerankReport
    ) async throws {
        guard !words.isEmpty else { return }
        guard let fetched = session.fetched else {
            // A local collection holds the vectors of its rows. One that it does not hold is damaged.
            throw StorageError.damaged(
                path: session.engine.folder, what: "\(words.count) rows have no vector; run `memvec verify`")
        }
        let bill = try await fetched.give(words, wanted)
        report.fetchCallCount += bill.callCount
        report.fetchedKeyCount += bill.keyCount
        report.dollars += bill.dollars
    }

    /// A search that is done.
    private struct Found: Sendable {
        let batch: Int
        let line: Int
        let hits: [RerankHit]
        let cold: Provenance.ColdUse
    }

    /// What lines without candidates find, by batch and line.
    ///
    /// - Throws: ``MemVecError/cold(_:)`` where vectors did not come, unless a deadline asks for what there is then.
    private func search(
        _ batches: [RerankBatch], _ report: inout RerankReport
    ) async throws -> [[Int: [RerankHit]]] {
        var found = Array(repeating: [Int: [RerankHit]](), count: batches.count)
        var waiting = batches.enumerated().flatMap { at, batch in batch.searches.map { (at, $0) } }[...]
        guard !waiting.isEmpty else { return found }
        var options = options.query
        options.countsAsUse = false
        let collection = collection, asked = options, usual = self.options.k ?? 10
        try await withThrowingTaskGroup(of: Found.self) { group in
            func begin() {
                guard let (at, line) = waiting.popFirst() else { return }
                let values = Array(batches[at].values(ofLine: line, dimension: collection.dimension))
                let k = batches[at].limits[line] == 0 ? usual : Int(batches[at].limits[line])
                group.addTask {
                    let answer = try await collection.query(values, k: k, options: asked)
                    if asked.deadlineSeconds == nil { try Self.checkIsWhole(answer.provenance) }
                    return Found(
                        batch: at, line: line,
                        hits: answer.hits.map { RerankHit(key: $0.key.text, distance: $0.distance, score: nil) },
                        cold: answer.provenance.cold)
                }
            }
            for _ in 0..<max(2, crew.threadCount) { begin() }
            while let done = try await group.next() {
                found[done.batch][done.line] = done.hits
                report.fetchCallCount += done.cold.requestCount
                report.fetchedKeyCount += done.cold.keyCount
                report.dollars += done.cold.dollars
                begin()
            }
        }
        return found
    }

    /// Nobody sees in a line of hits that some are estimates: the job ends instead, as it does for candidates.
    private static func checkIsWhole(_ provenance: Provenance) throws(MemVecError) {
        let consequence = "the hits of a search would be estimates, which a deadline (--deadline) takes"
        switch provenance.reason {
        case .degraded: throw .cold("\(provenance.trouble ?? "it did not answer"); \(consequence)")
        case .partial: throw .cold("the day's budget (cold-budget) is spent; \(consequence)")
        case .complete, .shortCircuit, .coldQuery, .exact: break
        }
    }

    private func order(
        _ batches: [RerankBatch], _ wanted: WantedKeys, _ session: Session
    ) async throws -> [RerankedBatch] {
        let ordering = LineOrdering(options: options, dimension: collection.dimension, metric: collection.metric)
        return try await crew.map(batches.count) { piece in
            let first = wanted.firstCandidates[piece]
            return try ordering.order(batches[piece], wanted.distances(ofPiece: piece)) { candidate in
                guard let row = wanted.row(ofCandidate: first + candidate) else { return nil }
                if let fetched = session.fetched, let values = try fetched.vector(of: row) { return values }
                return session.engine.tiers.vector(of: row)
            }
        }
    }
}

extension RerankReport {
    fileprivate mutating func add(_ other: RerankReport) {
        lineCount += other.lineCount
        searchCount += other.searchCount
        candidateCount += other.candidateCount
        lookupCount += other.lookupCount
        missingCount += other.missingCount
        fetchCallCount += other.fetchCallCount
        fetchedKeyCount += other.fetchedKeyCount
        dollars += other.dollars
        chunkCount += other.chunkCount
        seconds.resolve += other.seconds.resolve
        seconds.score += other.seconds.score
        seconds.fetch += other.seconds.fetch
        seconds.search += other.seconds.search
        seconds.order += other.seconds.order
    }
}

extension Duration {
    fileprivate var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
