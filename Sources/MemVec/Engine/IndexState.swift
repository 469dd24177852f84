internal import Index
internal import Storage
internal import Vectors

/// The index of the moment, and what is known of it. Replaced as a whole.
struct IndexState: Sendable {
    let index: any CandidateIndex
    let curve: RecallCurve?
}

/// What the store remembers of the index's snapshot, under the note `index`.
struct SnapshotNote: Codable, Sendable {
    static let name = "index"

    /// The file is index/<number>.faiss, and beside it index/<number>.faiss.side.
    var number: UInt64
    var training: UInt32
    var byteCount: Int
    var checksum: UInt64
    /// The journal's entries up to this one are in the snapshot.
    var sequence: UInt64
    /// Rows that had been given when it was written.
    var rowsGiven: Int?
    var curve: RecallCurve?
}
