import Synchronization
import Text

/// The line of an ingest on a terminal: read, embedded, stored, how fast, how long. Silent elsewhere.
final class IngestLine: Sendable {
    private static let pause = Duration.milliseconds(200)
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private let shown = Mutex<ContinuousClock.Instant?>(nil)

    init() { start = clock.now }

    /// From any thread.
    func update(_ progress: IngestProgress) {
        guard Terminal.isInteractive else { return }
        let now = clock.now
        shown.withLock { shown in
            if let last = shown, now - last < Self.pause { return }
            shown = now
            Terminal.sayOver(Self.text(progress, seconds: (now - start).seconds))
        }
    }

    /// Takes the line away.
    func finish() { if shown.withLock({ $0 != nil }) { Terminal.sayOver("") } }

    static func text(_ progress: IngestProgress, seconds: Double) -> String {
        var text = "read \(NumberText.counted(progress.documentCount, "document"))"
        let share = progress.allBytes.map { $0 > 0 ? Double(progress.readBytes) / Double($0) : 1 }
        if let share { text += " \(bar(share)) \(NumberText.percent(share))" }
        text += ", embedded and stored \(NumberText.count(progress.storedCount))"
        guard seconds > 0.5 else { return text }
        if progress.storedCount > 0 {
            text += ", \(NumberText.count(Int((Double(progress.storedCount) / seconds).rounded())))/s"
        }
        if let share, share > 0.001, share < 1 {
            text += ", \(NumberText.seconds(seconds * (1 - share) / share)) left"
        }
        return text
    }

    private static func bar(_ share: Double) -> String {
        let full = Int((min(1, max(0, share)) * 20).rounded())
        return "[" + String(repeating: "#", count: full) + String(repeating: ".", count: 20 - full) + "]"
    }
}
