/// A line on a terminal that is written over: what is done, how fast, how long it will take. Silent elsewhere.
struct Progress {
    private static let pause = Duration.milliseconds(200)

    private let what: String
    private let total: Int?
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var shown: ContinuousClock.Instant?

    /// - Parameter total: nil when nobody knows.
    init(_ what: String, total: Int?) {
        self.what = what
        self.total = total
        start = clock.now
    }

    var seconds: Double { (clock.now - start).seconds }

    mutating func update(_ done: Int) {
        let now = clock.now
        guard Terminal.isInteractive, shown.map({ now - $0 >= Self.pause }) ?? true else { return }
        shown = now
        Terminal.sayOver(Self.text(what, done: done, total: total, seconds: seconds))
    }

    /// Takes the line away.
    func finish() { if shown != nil { Terminal.sayOver("") } }

    static func text(_ what: String, done: Int, total: Int?, seconds: Double) -> String {
        var text = "\(what): \(NumberText.count(done))"
        if let total { text += " of \(NumberText.count(total))" }
        guard seconds > 0.5, done > 0 else { return text }
        let rate = Double(done) / seconds
        text += ", \(rate < 10 ? NumberText.fixed(rate, 1) : NumberText.count(Int(rate.rounded())))/s"
        if let total, total > done { text += ", \(NumberText.seconds(Double(total - done) / rate)) left" }
        return text
    }
}

extension Duration {
    /// In seconds.
    var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
