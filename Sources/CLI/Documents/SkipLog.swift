import ArgumentParser
import Formats
import Glibc
import Synchronization
import Vectors

/// What an ingest leaves out, and why: counted, and written down where a file is named.
final class SkipLog: Sendable {
    private struct State {
        var counts: [String: Int] = [:]
        var first: [String: String] = [:]
        /// Nil where none is named, and once it cannot be written.
        var file: ResumableFile?
        var failure: SkipLogUnwritable?
    }
    private let state: Mutex<State>
    private let path: String

    /// - Parameters:
    ///   - path: emptied and written in place: it may be a link, a pipe or a device.
    ///   - source: what is read, which the file must not be.
    /// - Throws: a usage error for the source itself, ``SkipLogUnwritable`` where the file cannot be opened.
    init(path: String?, source: String) throws {
        self.path = path ?? ""
        guard let path else {
            state = Mutex(State())
            return
        }
        if let there = FilePlace(path), there == FilePlace(source) {
            throw ValidationError("--log \(path) is what is to be read; nothing was done. Name another file")
        }
        do throws(FormatError) {
            state = Mutex(State(file: try ResumableFile(path: path)))
        } catch {
            throw SkipLogUnwritable(path: path, error: error)
        }
    }

    /// Why the file does not hold all; nil where it does.
    var failure: SkipLogUnwritable? { state.withLock { $0.failure } }

    func note(_ what: String, _ reason: String) {
        state.withLock { state in
            state.counts[reason, default: 0] += 1
            if state.first[reason] == nil { state.first[reason] = what }
            guard let file = state.file else { return }
            let line: JSONObject = ["file": what, "reason": reason]
            do throws(FormatError) {
                try file.write(Array((line.json.text + "\n").utf8))
            } catch {
                state.failure = SkipLogUnwritable(path: path, error: error)
                state.file = nil
            }
        }
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
    let error: FormatError

    var description: String {
        guard case .file(_, let code) = error.problem else { return "\(error)" }
        let problem = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return "the file \(path) cannot be written: \(problem)"
    }
}
