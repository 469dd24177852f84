internal import Index
internal import Storage
internal import Synchronization

extension VectorCollection {
    /// Builds the next generation of this collection without its dead rows, and switches to it. Queries and writes go
    /// on: what is written meanwhile is carried over, and writes wait only for the last of it.
    ///
    /// Of a local collection; a remote one is compacted while nobody has it open (``compact(at:mapBytes:progress:)``).
    /// Read-only opens go over to the new generation by themselves. The RAM tier begins empty and fills by use.
    ///
    /// - Throws: ``MemVecError/alreadyTraining`` while a training or another compaction is under way,
    ///   ``MemVecError/closed`` if the collection is closed before it has ended; nothing has changed then.
    public func compact(progress: (Double) -> Void = { _ in }) async throws -> CompactionReport {
        let old = try writableEngine()
        guard old.cold == nil else { throw MemVecError.onlyClosed(operation: "a compaction of a remote collection") }
        guard training.begin() else { throw MemVecError.alreadyTraining }
        defer { training.end() }
        guard !isCompacting.exchange(true, ordering: .sequentiallyConsistent) else { throw MemVecError.alreadyTraining }
        defer { isCompacting.store(false, ordering: .sequentiallyConsistent) }
        let now = try CollectionFile.read(folder: folder)
        var next = now
        next.generation += 1
        let target = next.generationFolder(in: folder), before = Files.bytesBelow(old.folder)
        let given = Int(old.store.counters.nextRow)
        // The journal must keep what comes from here on.
        old.holdJournal(true)
        do {
            let new = try await takeOver(old, next, progress)
            FaultPoint.reached("compact.caughtup")
            try next.write(folder: folder)
            engineBox.withLock { $0 = new }
            new.continueTextWork()
        } catch {
            old.holdJournal(false)
            writeGate.resume()
            try? Files.remove(target)
            throw error
        }
        writeGate.resume()
        FaultPoint.reached("compact.switched")
        old.endSnapshots()
        await old.writes.close()
        // Queries that still look into it have it mapped.
        try Files.remove(old.folder)
        let live = Int(engineBox.withLock { $0 }.store.counters.liveCount)
        return CompactionReport(
            liveCount: live, deadCount: max(0, given - live), bytesBefore: before, bytesAfter: Files.bytesBelow(target))
    }

    /// The next generation, as the old one is with every write that has been acknowledged; writes are paused then.
    private func takeOver(
        _ old: Engine, _ file: CollectionFile, _ progress: (Double) -> Void
    ) async throws -> Engine {
        let target = file.generationFolder(in: folder)
        try Files.remove(target)
        try Files.makeFolder(target + "/index")
        // On the writer's thread every entry that has been written is published.
        let (sequence, given) = try await old.writes.submit(alone: true) { writer in
            (writer.counters.journalNext - 1, Int(writer.counters.nextRow))
        }
        let places = try Self.copyRows(
            old.store.live.snapshot(rowCount: given).rows, from: old, in: target, file, mapBytes: mapBytes
        ) { share in
            guard !isClosed.load(ordering: .relaxed) else { throw MemVecError.closed }
            progress(share)
        }
        FaultPoint.reached("compact.built")
        var options = OpenOptions()
        options.mapBytes = mapBytes
        let new = try Engine(folder: folder, file: file, settings: settings, cold: nil, options: options)
        if let trouble = try new.openIndex() { throw StorageError.damaged(path: target, what: trouble) }
        var catchUp = CatchUp(old: old, new: new, places: places, sequence: sequence)
        // Rounds while writes go on, as long as they leave less behind than they found.
        var left = Int.max
        for _ in 0..<50 {
            guard !isClosed.load(ordering: .relaxed) else { throw MemVecError.closed }
            try await new.copyTextFields(of: old)
            try await new.finishTextWork()
            let count = try await catchUp.round()
            if count < 100 || count >= left { break }
            left = count
        }
        await writeGate.pause()
        while try await catchUp.round() > 0 {}
        try await new.copyTextFields(of: old)
        guard !isClosed.load(ordering: .relaxed) else { throw MemVecError.closed }
        if let pins = try old.store.read({ try $0.note(PinnedKeys.note) }) {
            try await new.writes.submit(byteCount: pins.count) { try $0.setNote(PinnedKeys.note, pins) }
        }
        _ = try new.restorePins()
        return new
    }

    /// Whether more than half of many rows are dead, or numbers for rows run out.
    var isCompactionWorthIt: Bool {
        guard !isReadOnly, let engine = try? engine(), engine.cold == nil else { return false }
        let counters = engine.store.counters
        let isHalfDead = counters.nextRow >= Self.compactedRows && counters.liveCount * 2 < counters.nextRow
        return isHalfDead || counters.nextRow > 3_000_000_000
    }

    /// Fewer rows are not worth the copying.
    private static let compactedRows: UInt64 = 100_000
}
