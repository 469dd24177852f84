internal import FoundationEssentials
internal import Index
internal import Storage
internal import Synchronization

extension Engine {
    /// Writes `index` to the next snapshot file. The store does not know of it yet: `sequence` is to be set.
    func writeSnapshot(_ index: any CandidateIndex, curve: RecallCurve?) throws -> SnapshotNote {
        try snapshots.withLock { state in
            guard !state.isEnded else { throw MemVecError.closed }
            // A training and a close may each write one that the store does not know of yet.
            let number = max(try snapshotNote()?.number ?? 0, state.lastNumber) + 1
            state.lastNumber = number
            let path = snapshotPath(number)
            try Files.makeFolder(Files.folder(of: path))
            let rowsGiven = Int(store.counters.nextRow)
            FaultPoint.reached("snapshot.begin")
            try index.write(to: path, live: store.live)
            FaultPoint.reached("snapshot.written")
            return SnapshotNote(
                number: number, training: index.training, byteCount: try Files.byteCount(path) ?? 0,
                checksum: try Files.checksum(path), sequence: 0,
                rowsGiven: rowsGiven, curve: curve)
        }
    }

    /// Waits for a snapshot that is being written, and has all later ones refused: once the folder's lock is given up
    /// the next process may write one under the same number.
    func endSnapshots() { snapshots.withLock { $0.isEnded = true } }

    /// Whether the journal is to be kept as it is. Waits for a snapshot that is being written.
    func holdJournal(_ holds: Bool) { snapshots.withLock { $0.holdsJournal = holds } }

    /// What is known of the snapshot files beside what the store says.
    struct SnapshotState {
        var lastNumber: UInt64 = 0
        var isEnded = false
        /// A compaction reads the journal: it must not be trimmed.
        var holdsJournal = false
    }

    /// Writes a snapshot of the index in use, names it in the store, and trims the journal that it makes needless.
    func snapshot(_ state: IndexState) async throws {
        // Every entry up to here is in the index, and what it wrote is seen live: on the writer's thread nothing is
        // between the two. Entries that come while the file is written may be in it or not, and are replayed.
        let sequence = try await writes.submit(alone: true) { _ in self.replayedSequence }
        var written = try writeSnapshot(state.index, curve: state.curve)
        written.sequence = sequence
        let note = written
        let bytes = try [UInt8](JSONEncoder().encode(note))
        FaultPoint.reached("snapshot.naming")
        let isNamed = try await writes.submit { writer in
            // A training that was installed meanwhile has named its own, and the journal goes on in its codes.
            guard self.index?.index.training == note.training, !self.snapshots.withLock({ $0.holdsJournal }) else {
                return false
            }
            try writer.setNote(SnapshotNote.name, bytes)
            try writer.trimJournal(upTo: sequence)
            return true
        }
        FaultPoint.reached("snapshot.named")
        if isNamed { removeSnapshots(before: note.number) }
    }

    /// Writes a snapshot when more than so many journal entries, or rows, stand behind the last one: replaying them at
    /// the next open would take longer than writing it now.
    func snapshotIfWorthIt(entries: Int, rows: Int) async throws {
        guard let state = index, let note = try snapshotNote(), !snapshots.withLock({ $0.holdsJournal }) else { return }
        let counters = store.counters
        let behind = Int(counters.journalNext - 1 - min(note.sequence, counters.journalNext - 1))
        let rowsBehind = Int(counters.nextRow) - (note.rowsGiven ?? 0)
        guard behind > entries || (behind > 0 && rowsBehind > rows) else { return }
        try await snapshot(state)
    }

    /// Snapshot files that no store names are left behind by a crash, or were replaced. Those with larger numbers are
    /// about to be named, or will be overwritten.
    func removeSnapshots(before number: UInt64) {
        let folder = self.folder + "/index"
        for name in Files.names(in: folder) {
            guard let own = UInt64(name.prefix { $0 != "." }), own < number else { continue }
            // What cannot be removed now is removed by the next snapshot.
            try? Files.remove(folder + "/" + name)
        }
    }
}
