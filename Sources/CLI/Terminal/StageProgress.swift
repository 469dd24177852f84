import Synchronization

/// The stage of a training and how far it is, on a terminal. Silent elsewhere.
final class StageProgress: Sendable {
    private struct Shown {
        var stage = ""
        var percent = -1
    }
    private let shown = Mutex(Shown())

    /// From any thread.
    func update(_ stage: String, _ share: Double) {
        guard Terminal.isInteractive else { return }
        let percent = Int(100 * min(1, max(0, share)))
        shown.withLock { shown in
            guard shown.stage != stage || shown.percent != percent else { return }
            shown = Shown(stage: stage, percent: percent)
            Terminal.sayOver("\(stage) \(percent) %")
        }
    }

    /// Takes the line away.
    func finish() {
        if shown.withLock({ $0.percent >= 0 }) { Terminal.sayOver("") }
    }
}
