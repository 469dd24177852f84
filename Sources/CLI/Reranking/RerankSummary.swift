import MemVec
import Vectors

/// The line that tells how far a `memvec rerank` is, on a terminal.
struct RerankProgress {
    private static let pause = Duration.milliseconds(200)
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private let inputBytes: Int?
    private let firstByte: Int
    private var shown: ContinuousClock.Instant?
    var writeSeconds = 0.0

    init(inputBytes: Int?, from firstByte: Int) {
        self.inputBytes = inputBytes
        self.firstByte = firstByte
        start = clock.now
    }

    var seconds: Double { (clock.now - start).seconds }

    mutating func update(_ checkpoint: RerankCheckpoint, _ report: RerankReport) {
        let now = clock.now
        guard Terminal.isInteractive, shown.map({ now - $0 >= Self.pause }) ?? true else { return }
        shown = now
        Terminal.sayOver(
            Self.text(
                report, done: checkpoint.inputOffset - firstByte, of: inputBytes.map { $0 - firstByte },
                seconds: seconds))
    }

    func finish() { if shown != nil { Terminal.sayOver("") } }

    /// - Parameters: `done` and `total` are bytes of the input.
    static func text(_ report: RerankReport, done: Int, of total: Int?, seconds: Double) -> String {
        let rate = Double(report.lineCount) / max(seconds, 1e-9)
        var text = "rerank: \(NumberText.count(report.lineCount)) lines, \(NumberText.count(Int(rate)))/s"
        if let total, done > 0, total > done {
            text += ", \(NumberText.seconds(seconds * Double(total - done) / Double(done))) left"
        }
        if report.fetchCallCount > 0 {
            text += ", \(NumberText.count(report.fetchCallCount)) calls, $\(NumberText.fixed(report.dollars, 4))"
        }
        return text
    }
}

/// What a `memvec rerank` did.
struct RerankSummary {
    let report: RerankReport
    let refusedCount: Int
    /// Of all runs that this one went on from.
    let lineCount: Int
    let outputBytes: Int
    let seconds: Double
    /// While other stages go on: the next part is read and parsed meanwhile.
    let readSeconds, parseSeconds: Double
    let writeSeconds: Double

    var text: String {
        let rate = Int(Double(report.lineCount) / max(seconds, 1e-9))
        var text = "\(NumberText.counted(report.lineCount, "line")) in \(NumberText.seconds(seconds)) "
        text += "(\(NumberText.count(rate))/s), \(NumberText.counted(report.candidateCount, "candidate"))"
        if report.missingCount > 0 { text += ", \(NumberText.count(report.missingCount)) of them missing" }
        if report.searchCount > 0 {
            text += ", \(NumberText.count(report.searchCount)) search\(report.searchCount == 1 ? "" : "es")"
        }
        if refusedCount > 0 { text += ", \(NumberText.counted(refusedCount, "line")) refused" }
        if report.fetchCallCount > 0 {
            text += "; \(NumberText.counted(report.fetchedKeyCount, "vector")) of the cold store in "
            text += "\(NumberText.counted(report.fetchCallCount, "call")), $\(NumberText.fixed(report.dollars, 6))"
        }
        let stages: [(String, Double)] = [
            ("read", readSeconds), ("parse", parseSeconds), ("resolve", report.seconds.resolve),
            ("score", report.seconds.score), ("fetch", report.seconds.fetch), ("search", report.seconds.search),
            ("order", report.seconds.order), ("write", writeSeconds),
        ]
        let spent = stages.filter { $0.1 >= 0.005 }.map { "\($0.0) \(NumberText.fixed($0.1, 2))" }
        return text + (spent.isEmpty ? "" : "; seconds: \(spent.joined(separator: ", "))")
    }

    var object: JSONObject {
        [
            "lines": report.lineCount, "linesOfAllRuns": lineCount, "refused": refusedCount,
            "searches": report.searchCount, "candidates": report.candidateCount, "lookups": report.lookupCount,
            "missing": report.missingCount, "fetchCalls": report.fetchCallCount,
            "fetchedKeys": report.fetchedKeyCount, "dollars": report.dollars, "chunks": report.chunkCount,
            "outputBytes": outputBytes, "seconds": seconds,
            "linesPerSecond": Double(report.lineCount) / max(seconds, 1e-9),
            "stages": [
                "read": readSeconds, "parse": parseSeconds, "resolve": report.seconds.resolve,
                "score": report.seconds.score, "fetch": report.seconds.fetch, "search": report.seconds.search,
                "order": report.seconds.order, "write": writeSeconds,
            ] as JSONObject,
        ]
    }
}
