import Dispatch
import Formats
import Synchronization

/// The batches of a file, read on a thread of its own: a pipe may be silent for hours.
final class BatchFeed: Sendable {
    /// Where reading begins.
    let firstRecord: Int
    /// Nil where only reading to the end can tell.
    let recordCount: Int?

    private let reader: Mutex<VectorFileReader>
    private let queue = DispatchQueue(label: "memvec.read")
    private let isStopped: StopFlag

    /// Opens the file; a silent pipe is waited for until ``stop()`` or an interruption.
    /// - Throws: ``FormatError``.
    init(path: String, options: ReadingOptions) throws(FormatError) {
        let isStopped = StopFlag()
        self.isStopped = isStopped
        var options = options
        options.isCancelled = { Interruption.isAsked || isStopped.value.load(ordering: .relaxed) }
        let reader = try VectorFileReader(path: path, options: options)
        firstRecord = reader.position.record
        recordCount = reader.recordCount
        self.reader = Mutex(reader)
    }

    /// The next records, at most `maximum`; nil after the last.
    func next(atMost maximum: Int) async -> Result<VectorBatch?, FormatError> {
        await withCheckedContinuation { continuation in
            queue.async {
                let result = self.reader.withLock { reader in
                    Result { () throws(FormatError) in try reader.next(atMost: maximum) }
                }
                continuation.resume(returning: result)
            }
        }
    }

    /// Ends a wait for more.
    func stop() { isStopped.value.store(true, ordering: .relaxed) }

    private final class StopFlag: Sendable {
        let value = Atomic(false)
    }
}
