internal import Glibc
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
    public var dollars = 0.0
    public var seconds = 0.0
    /// Nil where too few vectors are there for an index to be worth it, or with `auto-train` off.
    public var training: TrainingReport?

    public init() {}
}

extension VectorCollection {
    /// Parts into which a listing is split when nobody says otherwise. All are read side by side; each costs half a
    /// page in the mean, and one more where a run is killed.
    public static let listingSegments = 2

    /// Takes over everything that the cold store holds: keys, metadata, and, as far as the warm budget goes, vectors;
    /// then trains. Writes and queries go on meanwhile, and queries are the cold store's.
    ///
    /// A call after a kill goes on where that one was. What somebody else writes meanwhile may be missed: a
    /// ``sync(segments:progress:)`` afterwards finds it.
    /// - Parameter segments: parts that are listed side by side, 1...16; fewer if the store knows fewer.
    /// - Throws: ``MemVecError/cold(_:)``, ``MemVecError/anotherIndex(address:)``, ``StorageError``.
    public func attach(
        segments: Int = listingSegments, progress: @escaping @Sendable (ListingProgress) -> Void = { _ in },
        training: @escaping @Sendable (String, Double) -> Void = { _, _ in }
    ) async throws -> AttachReport {
        guard (1...16).contains(segments) else {
            throw InputError.outOfRange(name: "segments", value: "\(segments)", allowed: "1 to 16")
        }
        guard isFollowing.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
            throw MemVecError.alreadyFollowing
        }
        defer { isFollowing.store(false, ordering: .releasing) }
        let clock = ContinuousClock(), began = clock.now
        let engine = try writableEngine(), cold = try remote(engine)
        var note = try await currentNote(engine, cold)
        var report = AttachReport()
        // A warm file that lay there is in use only then.
        engine.tiers.drain()
        if !note.isAttached || !note.segments.isEmpty {
            try engine.listed.begin(folder: engine.folder, dimension: dimension)
            if note.segments.isEmpty {
                note.segments = [RemoteNote.Segment](
                    repeating: .init(), count: min(segments, cold.store.limits.segments))
                note.comparedAt = Self.now
            }
            note.segments = note.segments.map { engine.resumed($0) }
            try await engine.setRemoteNote(note)
            try await engine.watchLocalWrites()
            defer { engine.localWrites.end() }
            (report.refusedCount, report.pageCount) = try await list(note.segments, engine, cold, progress)
            report.dollars = Double(report.pageCount) * (cold.costs?.pagePrice ?? 0)
            engine.spending.noteBulk(report.dollars)
            engine.tellSize()
            note.segments = []
            note.isAttached = true
            try await engine.setRemoteNote(note)
        }
        engine.tiers.flushWarm()
        report.training = try await settleTraining(progress: training)
        _ = engine.listed.take()
        let live = engine.store.live.snapshot(rowCount: Int(engine.store.counters.nextRow)).rows
        report.vectorCount = live.count
        report.keptCount = live.count { engine.tiers.isAtHand($0) }
        report.seconds = seconds(clock.now - began)
        return report
    }

    /// Whether an attach was begun and has not come to its end.
    public var isAttaching: Bool { (try? engine().knowsLess) ?? false }

    static var now: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// - Throws: ``MemVecError/notRemote(folder:)``.
    func remote(_ engine: Engine) throws -> ColdSide {
        guard let cold = engine.cold else { throw MemVecError.notRemote(folder: folder) }
        return cold
    }

    /// The note of the cold store, made if there was none.
    ///
    /// - Throws: ``MemVecError/anotherIndex(address:)`` when the store's index is not the one that was attached.
    func currentNote(_ engine: Engine, _ cold: ColdSide) async throws -> RemoteNote {
        let there: ColdDescription
        do { there = try await cold.description() } catch { throw MemVecError.cold("\(error)") }
        guard there.dimension == dimension, there.metric == metric else {
            throw MemVecError.anotherIndex(address: file.cold ?? "")
        }
        guard let note = try engine.remoteNote() else { return RemoteNote(creationTime: there.creationTime) }
        guard note.creationTime == there.creationTime else {
            throw MemVecError.anotherIndex(address: file.cold ?? "")
        }
        return note
    }

    private func list(
        _ segments: [RemoteNote.Segment], _ engine: Engine, _ cold: ColdSide,
        _ progress: @escaping @Sendable (ListingProgress) -> Void
    ) async throws -> (refusedCount: Int, pageCount: Int) {
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
        return (counts.progress.refusedCount, counts.progress.pageCount)
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
            var request = ColdListRequest(
                [.values, .metadata], limit: cold.store.limits.vectorsPerPage, token: segment.token)
            if segmentCount > 1 { request.segment = .init(index: number, of: segmentCount) }
            let page: ColdPage
            do { page = try await cold.page(request) } catch { throw MemVecError.cold("\(error)") }
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
            FaultPoint.reached("attach.page")
            counts.notePage(page.vectors.count, refused: adopted.refusedCount)
            segment = next
        }
        counts.noteEnd(ofSegmentWith: segment.count)
    }
}
