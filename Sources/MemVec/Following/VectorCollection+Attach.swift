internal import Storage
internal import Synchronization
internal import Tiers
internal import Vectors

/// What an attach did.
public struct AttachReport: Sendable {
    /// Vectors that are known here now.
    public var vectorCount = 0
    /// Of these, in a local tier.
    public var keptCount = 0
    /// Vectors of the store that a collection of this form cannot hold, such as one of zeros under cosine.
    public var refusedCount = 0
    /// Pages that this run asked for; an earlier one that was ended paid for others.
    public var pageCount = 0
    /// US dollars of the pages that this run asked for.
    public var dollars = 0.0
    /// How long it took.
    public var seconds = 0.0
    /// Nil where too few vectors are there for an index to be worth it, or with `auto-train` off.
    public var training: TrainingReport?

    /// Nothing done yet.
    public init() {}
}

extension VectorCollection {
    /// Takes over everything that the cold store holds: keys, metadata, and, as far as the warm budget goes, vectors;
    /// then trains. Writes and queries go on meanwhile, and queries are the cold store's.
    ///
    /// A call after a kill goes on where that one was. What somebody else writes meanwhile may be missed: a
    /// ``sync(segments:progress:)`` afterwards finds it.
    /// - Parameters:
    ///   - segments: parts that are listed side by side, 1...16; fewer if the store knows fewer.
    ///   - progress: told after each page.
    ///   - training: stage and share of the training at the end, 0...1.
    /// - Throws: ``MemVecError/cold(_:)``, ``MemVecError/anotherIndex(address:)``, `StorageError`.
    public func attach(
        segments: Int = listingSegments, progress: @escaping @Sendable (ListingProgress) -> Void = { _ in },
        training: @escaping @Sendable (String, Double) -> Void = { _, _ in }
    ) async throws -> AttachReport {
        let clock = ContinuousClock(), began = clock.now
        return try await following(segments: segments) { engine, cold, note in
            var report = try await takeOver(engine, cold, note, segments: segments, progress)
            engine.tiers.flushWarm()
            report.training = try await settleTraining(progress: training)
            _ = engine.listed.take()
            let live = engine.store.live.snapshot(rowCount: Int(engine.store.counters.nextRow)).rows
            report.vectorCount = live.count
            report.keptCount = live.count { engine.tiers.isAtHand($0) }
            report.seconds = seconds(clock.now - began)
            return report
        }
    }

    /// Lists what a run before has not listed.
    private func takeOver(
        _ engine: Engine, _ cold: ColdSide, _ before: RemoteNote, segments: Int,
        _ progress: @escaping @Sendable (ListingProgress) -> Void
    ) async throws -> AttachReport {
        var note = before, report = AttachReport()
        // A warm file that lay there is in use only then.
        engine.tiers.drain()
        if !note.isAttached || !note.segments.isEmpty {
            try engine.listed.begin(folder: engine.folder, dimension: dimension)
            if note.segments.isEmpty {
                note.segments = [RemoteNote.Segment](
                    repeating: .init(), count: min(segments, cold.store.limits.segments))
                note.comparedAt = WallClock.seconds
            }
            note.segments = note.segments.map { engine.resumed($0) }
            try await engine.setRemoteNote(note)
            try await engine.watchLocalWrites()
            defer { engine.localWrites.end() }
            let listed = try await list(note.segments, engine, cold, progress)
            report.refusedCount = listed.refusedCount
            report.pageCount = listed.pageCount
            report.dollars = listed.dollars
            engine.spending.noteBulk(report.dollars)
            engine.tellSize()
            note.segments = []
            note.isAttached = true
            note.comparedDollars = report.dollars
            try await engine.setRemoteNote(note)
        }
        return report
    }

    private func list(
        _ segments: [RemoteNote.Segment], _ engine: Engine, _ cold: ColdSide,
        _ progress: @escaping @Sendable (ListingProgress) -> Void
    ) async throws -> ListingProgress {
        var first = ListingProgress()
        first.segmentCount = segments.count
        for segment in segments {
            first.vectorCount += segment.count
            if segment.isDone {
                first.doneSegmentCount += 1
                first.doneVectorCount += segment.count
            }
        }
        let counts = ListingCounts(first, pagePrice: cold.costs?.pagePrice ?? 0, tell: progress)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, segment) in segments.enumerated() where !segment.isDone {
                group.addTask { try await engine.attach(segment, number, of: segments.count, cold, counts) }
            }
            try await group.waitForAll()
        }
        return counts.progress
    }
}

extension Engine {
    /// A segment as a run that was ended has left it. Where the vectors of its last page did not reach the disk, that
    /// page is listed again.
    fileprivate func resumed(_ segment: RemoteNote.Segment) -> RemoteNote.Segment {
        guard segment.pageCount > 0 else { return segment }
        let isKept = (segment.firstRow..<segment.endRow).allSatisfy { number in
            let row = Row(UInt32(clamping: number))
            return !store.live.contains(row) || tiers.isAtHand(row)
        }
        guard !isKept, tiers.hasWarmRoom else { return segment }
        var again = segment
        again.token = segment.lastToken
        again.isDone = false
        return again
    }

    fileprivate func attach(
        _ start: RemoteNote.Segment, _ number: Int, of segmentCount: Int, _ cold: ColdSide, _ counts: ListingCounts
    ) async throws {
        var segment = start
        while !segment.isDone {
            try Task.checkCancellation()
            let page = try await cold.page(after: segment.token, of: .init(index: number, of: segmentCount))
            var next = segment
            next.lastToken = segment.token
            next.token = page.nextToken
            next.isDone = page.nextToken == nil
            next.count += page.vectors.count
            next.pageCount += 1
            let planned = next
            let adopted = try await adopt(page.vectors) { writer in
                guard var note = RemoteNote(try writer.note(RemoteNote.name)), number < note.segments.count else {
                    return
                }
                var advanced = planned
                advanced.firstRow = writer.counters.nextRow
                advanced.endRow = advanced.firstRow + UInt64(page.vectors.count)
                note.segments[number] = advanced
                try writer.setNote(RemoteNote.name, note.encoded)
            }
            // What waits in RAM for a block to fill would be lost with the process, and a page listed for it again.
            tiers.flushWarm()
            counts.notePage(page.vectors.count, refused: adopted.refusedCount)
            segment = next
        }
        counts.noteEnd(ofSegmentWith: segment.count)
    }
}
