internal import Index
internal import Storage
public import Vectors

/// A row that the index proposes, before any vector was looked at.
public struct IndexCandidate: Sendable, Equatable {
    /// The row.
    public let row: Row
    /// Squared euclidean distance as the index estimates it; under cosine of the vectors scaled to length 1.
    public let estimate: Float
}

extension VectorCollection {
    /// What the index proposes for `vector`, nearest by estimate first, journal tail included: for those who judge or
    /// tune the index. Queries go on to score such rows exactly.
    ///
    /// - Throws: ``InputError`` for a wrong vector or number; nothing is proposed where there is no index.
    public func candidates(for vector: [Float], count: Int, nprobe: Int) throws -> [IndexCandidate] {
        try InputVector.check(vector, dimension: dimension, metric: metric, key: nil)
        guard (1...100_000).contains(count) else {
            throw InputError.outOfRange(name: "candidates", value: "\(count)", allowed: "1 to 100,000")
        }
        let engine = try engine()
        guard let index = engine.index?.index else { return [] }
        guard (1...1_048_576).contains(nprobe) else {
            throw InputError.outOfRange(name: "nprobe", value: "\(nprobe)", allowed: "1 to 1,048,576")
        }
        return try index.candidates(
            for: engine.preparation.prepare(vector), count: count, nprobe: min(nprobe, index.listCount), among: nil,
            live: engine.store.live
        ).map { IndexCandidate(row: $0.row, estimate: $0.estimate) }
    }

    /// The index's snapshot, which plain FAISS opens; nil where there is none.
    public struct IndexSnapshot: Sendable {
        /// The file.
        public let path: String
        /// Rows that the file and the index in use do not have in common: dead by now, or younger than the file.
        public let changedRows: [Row]
    }

    /// Where the index's snapshot is and how it differs from the index in use; nil where there is none.
    /// - Throws: ``MemVecError/closed``, or what the store says.
    public func indexSnapshot() throws -> IndexSnapshot? {
        let engine = try engine()
        guard let note = try engine.snapshotNote() else { return nil }
        let given = Int(engine.store.counters.nextRow), live = engine.store.live.snapshot(rowCount: given)
        let old = note.rowsGiven ?? given
        let changed = (0..<given).map { Row(UInt32($0)) }.filter { Int($0.number) >= old || !live.contains($0) }
        return IndexSnapshot(path: engine.snapshotPath(note.number), changedRows: changed)
    }
}
