public import Foundation
import Synchronization

/// A pipe that no child inherits but by its standard descriptors.
public final class ChildPipe: Sendable {
    /// One end, closed with its owner or before.
    public final class End: Sendable {
        public let descriptor: Int32
        private let isOpen = Atomic<Bool>(true)

        init(_ descriptor: Int32) { self.descriptor = descriptor }
        deinit { close() }

        /// Opens a file for writing from its start, for a child's output.
        public static func file(_ path: String) throws -> End {
            let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
            return End(descriptor)
        }

        public func close() { if isOpen.exchange(false, ordering: .relaxed) { _ = Glibc.close(descriptor) } }

        /// Writes all of it; nothing where the other end is closed.
        public func write(_ data: Data) {
            try? FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).write(contentsOf: data)
        }

        /// What has come, at least a byte; empty at the end.
        public func read() -> Data { FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).availableData }
    }

    public let reading: End
    public let writing: End

    public init() throws {
        var ends: [Int32] = [0, 0]
        // A pipe whose ends are closed on exec from their first moment has no name in Glibc's module; a socket has.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        reading = End(ends[0])
        writing = End(ends[1])
    }
}
