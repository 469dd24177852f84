internal import FoundationEssentials
internal import Index
internal import Storage
internal import Tiers
internal import Vectors

/// What a compaction did.
public struct CompactionReport: Sendable {
    public let liveCount: Int
    /// Rows of the old generation that are not in the new.
    public let deadCount: Int
    public let bytesBefore: Int
    public let bytesAfter: Int
}

extension VectorCollection {
    /// Builds the next generation of a collection without its dead rows, and switches to it. Nobody may have it open
    /// for writing; readers go on with the old generation until they open again.
    ///
    /// Killed before the switch, nothing has changed and what was built is removed by the next compaction; the switch
    /// is the rename of `memvec.json`.
    /// - Throws: ``StorageError/locked(path:holder:)``, ``StorageError``.
    public static func compact(
        at folder: String, mapBytes: Int? = nil, progress: (Double) -> Void = { _ in }
    ) async throws -> CompactionReport {
        let now = try CollectionFile.read(folder: folder)
        let lock = try FolderLock(folder: folder)
        defer { withExtendedLifetime(lock) {} }
        let old = now.generationFolder(in: folder), before = Files.bytesBelow(old)
        var next = now
        next.generation += 1
        let new = next.generationFolder(in: folder)
        try Files.remove(new)
        try Files.makeFolder(new + "/index")
        let counts: (live: Int, dead: Int)
        do {
            var options = OpenOptions()
            options.isReadOnly = true
            options.mapBytes = mapBytes
            let source = try Engine(
                folder: folder, file: now, settings: CollectionSettings(saved: now.settings), cold: nil,
                options: options)
            defer { source.tiers.close() }
            counts = try rebuild(source, in: new, next, mapBytes, progress)
        }
        FaultPoint.reached("compact.built")
        try next.write(folder: folder)
        FaultPoint.reached("compact.switched")
        try Files.remove(old)
        return CompactionReport(
            liveCount: counts.live, deadCount: counts.dead, bytesBefore: before, bytesAfter: Files.bytesBelow(new))
    }

    /// Rows in one transaction of the new store.
    private static let slice = 10_000

    private static func rebuild(
        _ source: Engine, in new: String, _ file: CollectionFile, _ mapBytes: Int?, _ progress: (Double) -> Void
    ) throws -> (live: Int, dead: Int) {
        var shape = source.store.shape
        shape.generation = file.generation
        let target = try Store(folder: new + "/store", shape: shape, access: .create, mapBytes: mapBytes)
        let given = Int(source.store.counters.nextRow), rows = source.store.live.snapshot(rowCount: given).rows
        for start in stride(from: 0, to: rows.count, by: slice) {
            progress(Double(start) / Double(max(1, rows.count)))
            try copy(rows[start..<min(start + slice, rows.count)], from: source.store, to: target, file)
        }
        try copyIndex(rows, from: source, to: target, in: new)
        let intents = try source.store.read { try $0.intents() }
        _ = try target.write { writer in for (_, intent) in intents { _ = try writer.add(intent) } }
        return (rows.count, given - rows.count)
    }

    private static func copy(
        _ rows: ArraySlice<Row>, from source: Store, to target: Store, _ file: CollectionFile
    ) throws {
        let puts = try source.read { reader in
            try rows.map { row in
                guard let record = try reader.record(of: row) else {
                    throw StorageError.damaged(path: source.path, what: "live \(row) has no record")
                }
                let values = try reader.withVector(of: row) { span in span.indices.map { span[$0] } }
                if file.cold == nil, values == nil {
                    throw StorageError.damaged(path: source.path, what: "live \(row) has no vector")
                }
                let metadata = try Metadata(encoded: record.encodedMetadata)
                return StoreWriter.Put(
                    key: record.key, values: values ?? [], fingerprint: record.fingerprint,
                    encodedMetadata: record.encodedMetadata,
                    postings: target.postings(of: metadata, nonFilterable: file.nonFilterableKeys))
            }
        }
        try target.write { writer in
            // Codes come with the snapshot below; without an index the rows are not coded.
            if let first = try writer.putMany(puts).first {
                try writer.append(.added(first: first, count: puts.count, codes: nil))
            }
        }
    }

    /// The same codes under the new row numbers, as the first snapshot of the new generation.
    private static func copyIndex(
        _ rows: [Row], from source: Engine, to target: Store, in new: String
    ) throws {
        guard var note = try source.snapshotNote(), try source.openIndex() == nil,
            let index = source.index?.index
        else { return }
        var places: [Row: Row] = [:]
        places.reserveCapacity(rows.count)
        for (number, row) in rows.enumerated() { places[row] = Row(UInt32(number)) }
        let path = "\(new)/index/1.faiss"
        try index.renumbered { places[$0] }.write(to: path, live: target.live)
        note.number = 1
        note.byteCount = try Files.byteCount(path) ?? 0
        note.checksum = try Files.checksum(path)
        note.sequence = target.counters.journalNext - 1
        note.rowsGiven = rows.count
        let encoded = try [UInt8](JSONEncoder().encode(note)), sequence = note.sequence
        _ = try target.write { writer in
            try writer.setNote(SnapshotNote.name, encoded)
            try writer.trimJournal(upTo: sequence)
        }
    }
}
