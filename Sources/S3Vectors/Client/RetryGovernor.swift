internal import Synchronization
package import Tiers

/// Decides whether and when a failed attempt is followed by another: full jitter, a budget, a circuit breaker.
///
/// Full jitter: the pause is uniform in 0...min(longest, base * 2^n), as in AWS's "Exponential Backoff And Jitter".
/// Budget: a retry takes one token; a call that ends well gives the last one back, or a tenth if it needed none. So a
/// service that fails one request in five is asked on and on, and one that is down is soon asked once a call.
package final class RetryGovernor: Sendable {
    package struct Settings: Sendable {
        package var basePause = Duration.milliseconds(50)
        /// After 429: the service wants fewer requests, not the same ones a little later.
        package var throttledBasePause = Duration.milliseconds(500)
        package var longestPause = Duration.seconds(20)
        package var budget = 100.0
        package var earnedPerSuccess = 0.1
        package var breaker = CircuitBreaker.Settings(failureLimit: 10)
        /// Of the jitter; nil takes the system's randomness.
        package var seed: UInt64?

        package init() {}
    }

    private struct State {
        var breaker: CircuitBreaker
        var tokens: Double
        var random: any RandomNumberGenerator & Sendable
        var refusalCount = 0
    }

    private let settings: Settings
    private let state: Mutex<State>

    package init(_ settings: Settings = Settings()) {
        self.settings = settings
        let random: any RandomNumberGenerator & Sendable =
            settings.seed.map { SeededRandom(seed: $0) } ?? SystemRandomNumberGenerator()
        state = Mutex(State(breaker: CircuitBreaker(settings.breaker), tokens: settings.budget, random: random))
    }

    /// Nil when an attempt may go, else how long the circuit stays open. Who is let through reports how it ended.
    func refusal(now: Duration) -> Duration? { state.withLock { $0.breaker.refusal(now: now) } }

    /// An attempt ended well; `retryCount` came before it.
    func succeeded(retryCount: Int) {
        state.withLock { state in
            state.breaker.succeeded()
            let earned = retryCount > 0 ? 1 : settings.earnedPerSuccess
            state.tokens = min(settings.budget, state.tokens + earned)
        }
    }

    /// An attempt failed: what that says of the service's health.
    func failed(_ error: S3VectorsError, now: Duration) {
        state.withLock { state in
            switch error.health {
            case true?: state.breaker.succeeded()
            case false?: state.breaker.failed(now: now)
            case nil: state.breaker.abandoned(now: now)
            }
        }
    }

    /// The pause before attempt `attempt` + 1; nil when the budget forbids it.
    /// - Parameter wanted: what the service asked for; jitter goes on top of it.
    func pause(after error: S3VectorsError, attempt: Int, wanted: Duration?) -> Duration? {
        state.withLock { state in
            guard state.tokens >= 1 else {
                state.refusalCount += 1
                return nil
            }
            state.tokens -= 1
            let base = error.isThrottling ? settings.throttledBasePause : settings.basePause
            let ceiling = min(settings.longestPause, base * (1 << min(max(0, attempt - 1), 16)))
            let jitter = ceiling * Double.random(in: 0...1, using: &state.random)
            return min(wanted ?? .zero, settings.longestPause) + jitter
        }
    }

    /// A pause within which others that wait for the same moment come back spread out.
    func jitter(upTo ceiling: Duration) -> Duration {
        state.withLock { ceiling * Double.random(in: 0...1, using: &$0.random) }
    }

    /// Retries that the budget forbade.
    package var refusalCount: Int { state.withLock { $0.refusalCount } }
    package var circuitOpenedCount: Int { state.withLock { $0.breaker.openedCount } }
}
