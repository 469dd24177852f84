internal import Storage
internal import Synchronization
internal import Vectors

/// The vectors that a remote collection is given while it is trained: nothing else at hand holds them, and the new
/// index has to code them.
final class LateVectors: Sendable {
    private let kept = Mutex<[Row: [Float]]?>(nil)

    func begin() { kept.withLock { $0 = [:] } }
    func end() { kept.withLock { $0 = nil } }

    func add(_ rows: [Row], _ batch: Batch) {
        kept.withLock { kept in
            guard kept != nil else { return }
            for (row, put) in zip(rows, batch.puts) { kept?[row] = put.values }
        }
    }

    func vector(of row: Row) -> [Float]? { kept.withLock { $0?[row] } }
}
