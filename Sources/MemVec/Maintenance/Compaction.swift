internal import FoundationEssentials
internal import Index
internal import Storage
internal import Tiers
internal import Vectors

/// What a compaction did.
public struct CompactionReport: Sendable {
    /// Rows that the new generation has.
    public let liveCount: Int
    /// Rows of the old generation that are not in the new.
    public let deadCount: Int
    /// Bytes on disk before.
    public let bytesBefore: Int
    /// Bytes on disk after.
    public let bytesAfter: Int
}

extension VectorCollection {
    /// Builds the next generation of a collection that nobody has open for writing, without its dead rows, and switches
    /// to it. Read-only opens go over to it by themselves.
    ///
    /// Killed before the switch, nothing has changed and what was built is removed by the next compaction; the switch
    /// is the rename of `memvec.json`.
    /// - Throws: `StorageError.locked`, `StorageError`.
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
        let given = Int(source.store.counters.nextRow), rows = source.store.live.snapshot(rowCount: given).rows
        if try source.openIndex() != nil { source.dropIndex() }
        _ = try copyRows(rows, from: source, in: new, file, mapBytes: mapBytes, progress)
        return (rows.count, given - rows.count)
    }

    /// Copies what is live of `rows`, the index under the new numbers, intents and pins, to a store in `new`.
    ///
    /// - Parameter progress: share of the rows copied; may end the copying by an error.
    /// - Returns: the new number of each row; of rows that died meanwhile, none.
    static func copyRows(
        _ rows: [Row], from source: Engine, in new: String, _ file: CollectionFile, mapBytes: Int?,
        _ progress: (Double) throws -> Void
    ) throws -> [Row: Row] {
        var shape = source.store.shape
        shape.generation = file.generation
        let target = try Store(folder: new + "/store", shape: shape, access: .create, mapBytes: mapBytes)
        try copyTextFields(from: source.store, to: target)
        var places: [Row: Row] = [:]
        places.reserveCapacity(rows.count)
        for start in stride(from: 0, to: rows.count, by: slice) {
            try progress(Double(start) / Double(max(1, rows.count)))
            try copy(rows[start..<min(start + slice, rows.count)], from: source.store, to: target, file, &places)
        }
        try copyIndex(places, from: source, to: target, in: new)
        let (intents, pins) = try source.store.read { (try $0.intents(), try $0.note(PinnedKeys.note)) }
        try target.write { writer in
            for (_, intent) in intents { _ = try writer.add(intent) }
            if let pins { try writer.setNote(PinnedKeys.note, pins) }
        }
        return places
    }

    /// Before there are rows: they are active at once.
    private static func copyTextFields(from source: Store, to target: Store) throws {
        let settings = try source.read { try $0.textFields() }.map(\.setting)
        guard !settings.isEmpty else { return }
        try target.prepareText()
        try target.write { try add(settings, $0) }
    }

    private static func copy(
        _ rows: ArraySlice<Row>, from source: Store, to target: Store, _ file: CollectionFile,
        _ places: inout [Row: Row]
    ) throws {
        var copied: [Row] = [], puts: [StoreWriter.Put] = []
        try source.read { reader in
            for row in rows where try reader.isLive(row) {
                copied.append(row)
                puts.append(try put(row, reader, source.path, target, file))
            }
        }
        let first = try target.write { writer in
            // Codes come with the snapshot below; without an index the rows are not coded.
            let first = try writer.putMany(puts).first
            if let first { try writer.append(.added(first: first, count: puts.count, codes: nil)) }
            return first
        }
        guard let first else { return }
        for (at, row) in copied.enumerated() { places[row] = Row(first.number + UInt32(at)) }
    }

    private static func put(
        _ row: Row, _ reader: borrowing StoreReader, _ path: String, _ target: Store, _ file: CollectionFile
    ) throws -> StoreWriter.Put {
        guard let record = try reader.record(of: row) else {
            throw StorageError.damaged(path: path, what: "live \(row) has no record")
        }
        let values = try reader.withVector(of: row) { span in span.indices.map { span[$0] } }
        if file.cold == nil, values == nil {
            throw StorageError.damaged(path: path, what: "live \(row) has no vector")
        }
        let metadata = try Metadata(encoded: record.encodedMetadata)
        return StoreWriter.Put(
            key: record.key, values: values ?? [], fingerprint: record.fingerprint,
            encodedMetadata: record.encodedMetadata,
            postings: target.postings(of: metadata, nonFilterable: file.nonFilterableKeys))
    }

    /// The same codes under the new row numbers, as the first snapshot of the new generation.
    private static func copyIndex(
        _ places: [Row: Row], from source: Engine, to target: Store, in new: String
    ) throws {
        guard let state = source.index else { return }
        let path = "\(new)/index/1.faiss", sequence = target.counters.journalNext - 1
        try state.index.renumbered { places[$0] }.write(to: path, live: target.live)
        let note = SnapshotNote(
            number: 1, training: state.index.training, byteCount: try Files.byteCount(path) ?? 0,
            checksum: try Files.checksum(path), sequence: sequence, rowsGiven: places.count, curve: state.curve)
        let encoded = try [UInt8](JSONEncoder().encode(note))
        _ = try target.write { writer in
            try writer.setNote(SnapshotNote.name, encoded)
            try writer.trimJournal(upTo: sequence)
        }
    }
}
