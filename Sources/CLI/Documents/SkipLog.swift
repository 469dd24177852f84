import ArgumentParser
import Glibc
import Synchronization
import Vectors

/// What an ingest leaves out, and why: counted, and written down where a file is named.
final class SkipLog: Sendable {
    private struct State {
        var counts: [String: Int] = [:]
        var first: [String: String] = [:]
        /// Nothing more is written then.
        var failure: SkipLogUnwritable?
    }
    private let state = Mutex(State())
    /// Written by one task, which reads the source; -1 where no file is named.
    private let descriptor: Int32
    private let path: String

    /// - Parameters:
    ///   - path: emptied and written in place: it may be a link, a pipe or a device.
    ///   - source: what is read, which the file must not be.
    /// - Throws: a usage error for the source itself, ``SkipLogUnwritable`` where the file cannot be opened.
    init(path: String?, source: String) throws {
        guard let path else {
            descriptor = -1
            self.path = ""
            return
        }
        if let there = Self.identity(of: path), there == Self.identity(of: source) {
            throw ValidationError("--log \(path) is what is to be read; nothing was done. Name another file")
        }
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        self.path = path
        guard descriptor >= 0 else { throw SkipLogUnwritable(path: path, problem: Self.systemText(errno)) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// What a path leads to, by device and number; nil where nothing is.
    private static func identity(of path: String) -> [UInt64]? {
        var there = stat()
        guard unsafe stat(path, &there) == 0 else { return nil }
        return [UInt64(there.st_dev), UInt64(there.st_ino)]
    }

    private static func systemText(_ code: Int32) -> String {
        unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }

    /// Why the file does not hold all; nil where it does.
    var failure: SkipLogUnwritable? { state.withLock { $0.failure } }

    func note(_ what: String, _ reason: String) {
        let hasFailed = state.withLock { state in
            state.counts[reason, default: 0] += 1
            if state.first[reason] == nil { state.first[reason] = what }
            return state.failure != nil
        }
        guard descriptor >= 0, !hasFailed else { return }
        let line: JSONObject = ["file": what, "reason": reason]
        guard let code = write(Array((line.json.text + "\n").utf8)) else { return }
        state.withLock { $0.failure = SkipLogUnwritable(path: path, problem: Self.systemText(code)) }
    }

    /// The system's number of what went wrong; nil where all is written.
    private func write(_ bytes: [UInt8]) -> Int32? {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return errno }
            done += count
        }
        return nil
    }

    /// A line for each reason, the commonest first; at most ten.
    var summary: [String] {
        state.withLock { state in
            let sorted = state.counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            var lines = sorted.prefix(10).map { reason, count in
                "left out \(NumberText.count(count)): \(reason) (\(state.first[reason] ?? ""))"
            }
            if sorted.count > 10 { lines.append("and \(sorted.count - 10) other reasons: --log FILE has all") }
            return lines
        }
    }
}

struct SkipLogUnwritable: Error, CustomStringConvertible {
    let path: String
    let problem: String
    var description: String { "the file \(path) cannot be written: \(problem)" }
}
