internal import Storage
internal import Synchronization
internal import Tiers
internal import Vectors

/// What a sync found and what it cost.
public struct SyncReport: Sendable, Equatable {
    /// Vectors that the listing showed.
    public var listedCount = 0
    /// Keys that were new here.
    public var addedCount = 0
    /// Keys whose vectors had changed.
    public var changedCount = 0
    /// Keys whose metadata alone had changed.
    public var metadataCount = 0
    /// Keys that were not there any more.
    public var deletedCount = 0
    /// Keys that were as they are here.
    public var unchangedCount = 0
    /// Keys that were written here meanwhile: left to those writes.
    public var busyCount = 0
    /// Vectors that a collection of this form cannot hold.
    public var refusedCount = 0
    /// Pages of the listing.
    public var pageCount = 0
    /// Calls that asked for keys which the listing did not show.
    public var fetchCount = 0
    /// US dollars of the pages and calls.
    public var dollars = 0.0
    /// When it began, in seconds since 1970: what others wrote before is known here now.
    public var comparedAt = 0.0
    /// How long it took.
    public var seconds = 0.0

    /// Nothing found yet.
    public init() {}
}

extension VectorCollection {
    /// Compares everything with the cold store, and takes over what others have added, changed or deleted there.
    ///
    /// A listing is no snapshot: keys that are written here meanwhile are left alone, and a key that the listing does
    /// not show is asked for by itself before its row is killed. What others write while it runs may be found by the
    /// next one.
    /// - Parameters:
    ///   - segments: parts that are listed side by side, 1...16; fewer if the store knows fewer.
    ///   - progress: told after each page.
    /// - Throws: ``MemVecError/cold(_:)``; ``MemVecError/anotherIndex(address:)`` when the index was made anew.
    public func sync(
        segments: Int = listingSegments, progress: @escaping @Sendable (ListingProgress) -> Void = { _ in }
    ) async throws -> SyncReport {
        let clock = ContinuousClock(), began = clock.now
        var report = try await following(segments: segments) { engine, cold, note in
            try await compare(engine, cold, note, segments: segments, progress)
        }
        trainIfWorthIt()
        report.seconds = seconds(clock.now - began)
        return report
    }

    private func compare(
        _ engine: Engine, _ cold: ColdSide, _ before: RemoteNote, segments: Int,
        _ progress: @escaping @Sendable (ListingProgress) -> Void
    ) async throws -> SyncReport {
        var note = before
        guard note.segments.isEmpty else { throw MemVecError.notAttached(folder: folder) }
        let comparedAt = WallClock.seconds
        try await engine.watchLocalWrites()
        defer { engine.localWrites.end() }
        // Rows that come later are local writes, or this sync's own.
        let known = engine.store.live.snapshot(rowCount: Int(engine.store.counters.nextRow))
        let sum = SyncSum()
        let counts = ListingCounts(ListingProgress(), pagePrice: cold.costs?.pagePrice ?? 0, tell: progress)
        let parts = min(segments, cold.store.limits.segments)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<parts {
                group.addTask { try await engine.sync(number, of: parts, cold, counts, sum) }
            }
            try await group.waitForAll()
        }
        try await engine.confirmAbsences(known, cold, sum)
        let listed = counts.progress
        var report = sum.report
        report.listedCount = listed.vectorCount
        report.refusedCount = listed.refusedCount
        report.pageCount = listed.pageCount
        report.dollars = listed.dollars + Double(report.fetchCount) * (cold.costs?.fetchPrice ?? 0)
        report.comparedAt = comparedAt
        engine.spending.noteBulk(report.dollars)
        note.isAttached = true
        note.comparedAt = comparedAt
        note.comparedDollars = report.dollars
        try await engine.setRemoteNote(note)
        engine.tellSize()
        return report
    }
}

/// What the parts of a sync have found, side by side.
private final class SyncSum: Sendable {
    private struct State {
        var report = SyncReport()
        var seen = RowSet()
    }
    private let state = Mutex(State())

    var report: SyncReport { state.withLock { $0.report } }
    var seen: RowSet { state.withLock { $0.seen } }

    func add(_ adopted: Adopted) {
        state.withLock { state in
            state.report.addedCount += adopted.newCount
            state.report.changedCount += adopted.changedCount
            state.report.metadataCount += adopted.metadataCount
            state.report.unchangedCount += adopted.unchangedCount
            state.report.busyCount += adopted.busyCount
            for row in adopted.rows { state.seen.insert(row) }
        }
    }

    func change(_ body: (inout SyncReport) -> Void) { state.withLock { body(&$0.report) } }
}

extension Engine {
    fileprivate func sync(
        _ number: Int, of segmentCount: Int, _ cold: ColdSide, _ counts: ListingCounts, _ sum: SyncSum
    ) async throws {
        var token: String?
        var count = 0
        repeat {
            try Task.checkCancellation()
            let page = try await cold.page(after: token, of: .init(index: number, of: segmentCount))
            let adopted = try await adopt(page.vectors)
            sum.add(adopted)
            counts.notePage(page.vectors.count, refused: adopted.refusedCount)
            count += page.vectors.count
            token = page.nextToken
        } while token != nil
        counts.noteEnd(ofSegmentWith: count)
    }

    /// Asks for each key that a row of `before` has and that the listing did not show, and kills what is not there.
    fileprivate func confirmAbsences(_ before: RowSet, _ cold: ColdSide, _ sum: SyncSum) async throws {
        var missing = before
        missing.subtract(sum.seen)
        let limit = cold.store.limits.keysPerFetch
        let gone = try store.read { reader in
            try missing.rows.compactMap { row in try reader.record(of: row).map { (key: $0.key, row: row) } }
        }
        for start in stride(from: 0, to: gone.count, by: limit) {
            let named = gone[start..<min(start + limit, gone.count)].filter { !localWrites.contains($0.key) }
            guard !named.isEmpty else { continue }
            let found = try await cold.fetch(named.map(\.key))
            sum.change { $0.fetchCount += 1 }
            sum.add(try await adopt(found))
            let there = Set(found.map(\.key))
            let count = try await bury(named.filter { !there.contains($0.key) })
            sum.change { $0.deletedCount += count }
        }
    }
}
