internal import Index
internal import Storage

/// What a check of the whole collection found.
public struct VerifyReport: Sendable, Equatable {
    /// Live rows that were checked.
    public var liveCount = 0
    /// Blocks of vectors that were checked.
    public var blockCount = 0
    /// In words for people, each naming what is wrong; empty when all is right. At most about 100.
    public var problems: [String] = []
    /// Whether nothing is wrong.
    public var isSound: Bool { problems.isEmpty }

    /// A report without problems.
    public init(liveCount: Int = 0) { self.liveCount = liveCount }
}

/// What `drop` removed, or would remove.
public struct DropReport: Sendable {
    /// Vectors.
    public let vectorCount: Int
    /// Bytes on disk.
    public let byteCount: Int
}

extension VectorCollection {
    /// Reads everything and checks it against everything else: keys, records, live bits, blocks and their checksums,
    /// fingerprints, postings, the journal, the index.
    public func verify() async throws -> VerifyReport {
        let engine = try engine()
        var report = VerifyReport()
        let store = try engine.store.verify(nonFilterable: nonFilterableKeys)
        report.problems += store.problems
        report.liveCount = store.liveCount
        report.blockCount = store.blockCount
        if let state = engine.index {
            var missing = engine.store.live.snapshot(rowCount: Int(engine.store.counters.nextRow))
            missing.subtract(try state.index.rowsHeld())
            if let first = missing.rows.first {
                report.problems.append("\(missing.count) live rows are not in the index, the first is \(first)")
            }
        }
        return report
    }

    /// Removes a collection; without `reallyRemove` it only says what would go.
    ///
    /// - Throws: `StorageError.locked` while somebody writes it.
    public static func drop(at folder: String, reallyRemove: Bool) async throws -> DropReport {
        var options = OpenOptions()
        options.isReadOnly = true
        let vectorCount = try await open(at: folder, options: options).count()
        let byteCount = Files.bytesBelow(folder)
        if reallyRemove {
            let lock = try FolderLock(folder: folder)
            defer { withExtendedLifetime(lock) {} }
            // First what makes it a collection, so that half a removal is not one.
            try Files.remove(folder + "/" + CollectionFile.name)
            try Files.remove(folder)
        }
        return DropReport(vectorCount: vectorCount, byteCount: byteCount)
    }

    /// Copies the collection to a new folder, as of one moment, while it is in use.
    ///
    /// - Throws: `StorageError.alreadyExists`, `StorageError`.
    public func backup(to target: String) async throws {
        let engine = try engine()
        guard Files.names(in: target).isEmpty else { throw StorageError.alreadyExists(path: target) }
        let folder = file.generationFolder(in: target)
        try Files.makeFolder(folder + "/index")
        // The snapshot first: should the store's copy name a newer one, opening the backup says what to run.
        if let note = try engine.snapshotNote() {
            for ending in ["", ".side"] {
                try Files.copy(
                    engine.snapshotPath(note.number) + ending, to: "\(folder)/index/\(note.number).faiss\(ending)")
            }
        }
        try engine.store.copy(toFolder: folder + "/store")
        try file.write(folder: target)
    }
}
