/// Stops asking a store that is down, and tries it again with one call at a time.
///
/// Closed: everything passes. After `failureLimit` failures in a row it opens: nothing passes for a pause that doubles
/// each time, up to a limit. Then one call passes; its end closes or opens the circuit.
package struct CircuitBreaker: Sendable {
    package struct Settings: Sendable {
        package var failureLimit: Int
        package var firstPause: Duration
        package var longestPause: Duration

        package init(
            failureLimit: Int = 5, firstPause: Duration = .seconds(1), longestPause: Duration = .seconds(5)
        ) {
            self.failureLimit = failureLimit
            self.firstPause = firstPause
            self.longestPause = longestPause
        }
    }

    private enum State {
        case closed(failures: Int)
        case open(until: Duration, pause: Duration)
        case trying(pause: Duration)
    }

    private let settings: Settings
    private var state = State.closed(failures: 0)
    package private(set) var openedCount = 0

    package init(_ settings: Settings) { self.settings = settings }

    /// Nil when a call may go, else how long to wait. Who is let through must report how it ended.
    package mutating func refusal(now: Duration) -> Duration? {
        switch state {
        case .closed: return nil
        case .open(let until, let pause):
            guard now >= until else { return until - now }
            state = .trying(pause: pause)
            return nil
        case .trying(let pause): return pause
        }
    }

    /// How long the circuit stays open; nil while it is closed. Lets nobody through.
    package func openPause(now: Duration) -> Duration? {
        switch state {
        case .closed: nil
        case .open(let until, _): max(.zero, until - now)
        case .trying(let pause): pause
        }
    }

    package mutating func succeeded() { state = .closed(failures: 0) }

    package mutating func failed(now: Duration) {
        switch state {
        case .closed(let failures):
            if failures + 1 < settings.failureLimit {
                state = .closed(failures: failures + 1)
            } else {
                open(now, settings.firstPause)
            }
        case .trying(let pause): open(now, min(pause * 2, settings.longestPause))
        case .open: break
        }
    }

    /// The call ended in a way that says nothing about the store: the next may try.
    package mutating func abandoned(now: Duration) {
        if case .trying(let pause) = state { state = .open(until: now, pause: pause) }
    }

    private mutating func open(_ now: Duration, _ pause: Duration) {
        state = .open(until: now + pause, pause: pause)
        openedCount += 1
    }
}
