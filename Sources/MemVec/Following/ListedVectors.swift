internal import Storage
internal import Synchronization
internal import Tiers
internal import Vectors

/// The vectors that an attach has listed and that no tier holds: the training at its end reads them, so that they are
/// listed once. A temporary file.
final class ListedVectors: Sendable {
    struct Kept: Sendable {
        let file: RowFile
        var rows = RowSet()
    }
    private let kept = Mutex<Kept?>(nil)

    /// - Throws: `StorageError` when the file cannot be made.
    func begin(folder: String, dimension: Int) throws {
        let file = try RowFile(folder: folder, dimension: dimension)
        kept.withLock { $0 = Kept(file: file) }
    }

    /// What was written, which is forgotten here; nil when no attach is under way.
    func take() -> Kept? {
        kept.withLock { kept in
            defer { kept = nil }
            return kept
        }
    }

    /// Writes those of `vectors` that are not `isElsewhere`. What cannot be written is listed again by the training.
    func write(_ vectors: RowVectors, unless isElsewhere: (Row) -> Bool) {
        kept.withLock { kept in
            guard kept != nil else { return }
            for (at, row) in vectors.rows.enumerated() where !isElsewhere(row) {
                let values = vectors.withVector(at: at) { span in span.indices.map { span[$0] } }
                guard (try? kept?.file.write(row, values)) != nil else { continue }
                kept?.rows.insert(row)
            }
        }
    }
}
