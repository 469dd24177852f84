internal import Dispatch
internal import Glibc
internal import Synchronization

/// A file of lines, or standard output, that is written beside the requests: no request waits for a disk or a pipe.
///
/// Lines wait in memory until they are written, up to a limit; above it, and where writing fails, they are lost and
/// counted.
package final class AccessLog: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var lineCount = 0
        var isWriting = false
        var lostCount = 0
    }

    private static let waitingLimit = 8 << 20

    private struct Output {
        var descriptor: Int32
        /// Whether its last line has no end: the disk was full in the middle of it.
        var isCut = false
    }

    /// Nil for standard output.
    private let path: String?
    private let output: Mutex<Output>
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "memvec.access-log")

    /// - Parameter path: a file, which is made or appended to; `-` for standard output.
    /// - Throws: ``AccessLogError``.
    package init(path: String) throws(AccessLogError) {
        self.path = path == "-" ? nil : path
        output = Mutex(path == "-" ? Output(descriptor: 1) : try Self.open(path))
    }

    deinit { if path != nil { Glibc.close(output.withLock { $0.descriptor }) } }

    private static func open(_ path: String) throws(AccessLogError) -> Output {
        let file = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard file >= 0 else { throw AccessLogError(path: path, errorNumber: errno) }
        return Output(descriptor: file, isCut: isCut(path))
    }

    /// Whether a file is there whose last byte ends no line, as a server leaves it that could not write any more.
    private static func isCut(_ path: String) -> Bool {
        var info = stat()
        guard unsafe stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG, info.st_size > 0 else { return false }
        let file = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { Glibc.close(file) }
        var last = UInt8(ascii: "\n")
        return unsafe pread(file, &last, 1, info.st_size - 1) == 1 && last != UInt8(ascii: "\n")
    }

    /// Lines that wait, and lines that were lost since it was asked last.
    func takeCounts() -> (waiting: Int, lost: Int) {
        state.withLock { state in
            defer { state.lostCount = 0 }
            return (state.lineCount, state.lostCount)
        }
    }

    /// Takes one line without its end.
    func append(_ line: [UInt8]) {
        let mustStart = state.withLock { state in
            guard state.bytes.count + line.count < Self.waitingLimit else {
                state.lostCount += 1
                return false
            }
            state.bytes += line
            state.bytes.append(UInt8(ascii: "\n"))
            state.lineCount += 1
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if mustStart { queue.async { self.write() } }
    }

    private func write() {
        while true {
            let (bytes, lineCount) = state.withLock { state in
                defer { (state.bytes, state.lineCount) = ([], 0) }
                if state.bytes.isEmpty { state.isWriting = false }
                return (state.bytes, state.lineCount)
            }
            guard !bytes.isEmpty else { return }
            if !write(bytes) { state.withLock { $0.lostCount += lineCount } }
        }
    }

    private func write(_ bytes: [UInt8]) -> Bool {
        let (file, isCut) = output.withLock { ($0.descriptor, $0.isCut) }
        // What was cut stays a line of its own, and this one is whole.
        let bytes = isCut ? [UInt8(ascii: "\n")] + bytes : bytes
        var done = 0
        defer {
            if done > 0 { output.withLock { $0.isCut = bytes[done - 1] != UInt8(ascii: "\n") } }
        }
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(file, $0.baseAddress?.advanced(by: done), $0.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    /// Opens the file anew, after another program has moved it away; goes on with the old one where that fails.
    package func reopen() {
        guard let path else { return }
        queue.async { [self] in
            guard let new = try? Self.open(path) else { return }
            let old = output.withLock { output in
                defer { output = new }
                return output
            }
            Glibc.close(old.descriptor)
        }
    }

    /// Returns when what was taken is written, or after two seconds: a reader that has stopped holds nobody up.
    package func flush() {
        let isDone = DispatchSemaphore(value: 0)
        queue.async { isDone.signal() }
        _ = isDone.wait(timeout: .now() + 2)
    }
}

/// A log that cannot be opened.
package struct AccessLogError: Error, CustomStringConvertible {
    package let path: String
    package let errorNumber: Int32

    package var description: String {
        let text = unsafe strerror(errorNumber).map { unsafe String(cString: $0) } ?? "error \(errorNumber)"
        return "cannot open the access log \(path): \(text)"
    }
}
