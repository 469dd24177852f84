import Formats
import Synchronization

/// Lets threads write as they get ready, one after another.
// Sendable is true because the file is used under the lock alone while this lives.
final class UnorderedOutput: @unchecked Sendable {
    private let file: ResumableFile
    private let turn = Mutex(())

    init(_ file: ResumableFile) { self.file = file }

    func write(_ bytes: [UInt8]) throws { try turn.withLock { _ in try file.write(bytes) } }
}
