internal import FoundationEssentials
internal import Index
internal import Storage

extension Engine {
    /// Writes `index` to the next snapshot file. The store does not know of it yet: `sequence` is to be set.
    func writeSnapshot(_ index: any CandidateIndex, curve: RecallCurve?) throws -> SnapshotNote {
        let number = (try snapshotNote()?.number ?? 0) + 1
        let path = snapshotPath(number)
        try Files.makeFolder(Files.folder(of: path))
        FaultPoint.reached("snapshot.begin")
        try index.write(to: path, live: store.live)
        FaultPoint.reached("snapshot.written")
        return SnapshotNote(
            number: number, training: index.training, byteCount: try Files.byteCount(path) ?? 0,
            checksum: try Files.checksum(path), errorsChecksum: 0, sequence: 0, curve: curve)
    }

    /// Writes a snapshot of the index in use, names it in the store, and trims the journal that it makes needless.
    func snapshot(_ state: IndexState) async throws {
        // Every entry up to here is in the index; entries that come while it is written may be in it or not, and
        // are replayed.
        let sequence = replayedSequence
        var note = try writeSnapshot(state.index, curve: state.curve)
        note.sequence = sequence
        let bytes = try [UInt8](JSONEncoder().encode(note))
        try await writes.submit { writer in
            try writer.setNote(SnapshotNote.name, bytes)
            try writer.trimJournal(upTo: sequence)
        }
        FaultPoint.reached("snapshot.named")
        removeSnapshots(but: note.number)
    }

    /// Snapshot files that no store names are left behind by a crash, or were replaced.
    func removeSnapshots(but number: UInt64) {
        let folder = self.folder + "/index"
        for name in Files.names(in: folder) where !name.hasPrefix("\(number).") {
            // What cannot be removed now is removed by the next snapshot.
            try? Files.remove(folder + "/" + name)
        }
    }
}
