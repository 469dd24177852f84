import Foundation
import Synchronization
import Vectors

/// What an ingest leaves out, and why: counted, and written down where a file is named.
final class SkipLog: Sendable {
    private struct State {
        var counts: [String: Int] = [:]
        var first: [String: String] = [:]
    }
    private let state = Mutex(State())
    /// Written by one task, which reads the source.
    private let file: FileHandle?

    /// - Throws: a usage error when the file cannot be made.
    init(path: String?) throws {
        guard let path else {
            file = nil
            return
        }
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
        else { throw SkipLogUnwritable(path: path) }
        self.file = file
    }

    func note(_ what: String, _ reason: String) {
        state.withLock { state in
            state.counts[reason, default: 0] += 1
            if state.first[reason] == nil { state.first[reason] = what }
        }
        let line: JSONObject = ["file": what, "reason": reason]
        file?.write(Data((line.json.text + "\n").utf8))
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
    var description: String { "the file \(path) cannot be written" }
}
