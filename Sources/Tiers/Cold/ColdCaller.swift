/// Calls the cold store with retries that cannot make an outage worse: full jitter, a budget, a circuit breaker.
///
/// Full jitter: the pause before attempt n is uniform in 0...min(longest, base * 2^n), so that callers who failed
/// together do not come back together. Budget: a retry costs one token, a first success earns a tenth: when most
/// calls fail, at most one call in ten is a retry.
public actor ColdCaller {
    public struct Settings: Sendable {
        public var attemptLimit = 4
        public var basePause = Duration.milliseconds(50)
        public var longestPause = Duration.seconds(5)
        /// Of one attempt.
        public var timeout = Duration.seconds(10)
        /// Retries that may be spent before any is earned.
        public var retryBudget = 10.0
        public var retriesEarnedPerSuccess = 0.1
        /// Consecutive failures that open the circuit.
        public var failureLimit = 5
        public var firstBreak = Duration.seconds(1)
        public var longestBreak = Duration.seconds(30)
        /// Of the jitter; nil takes the system's randomness.
        public var seed: UInt64?

        public init() {}
    }

    public struct Statistics: Sendable, Equatable {
        public var callCount = 0
        public var attemptCount = 0
        public var retryCount = 0
        public var failedCallCount = 0
        /// Retries that the budget forbade.
        public var budgetRefusalCount = 0
        public var circuitOpenedCount = 0
        public var circuitRefusalCount = 0

        public init() {}
    }

    public let settings: Settings
    public let clock: any ColdClock
    private var breaker: CircuitBreaker
    private var tokens: Double
    private var random: any RandomNumberGenerator
    private var counts = Statistics()

    public init(_ settings: Settings = Settings(), clock: any ColdClock = SystemClock()) {
        self.settings = settings
        self.clock = clock
        tokens = settings.retryBudget
        random = settings.seed.map { SeededRandom(seed: $0) } ?? SystemRandomNumberGenerator()
        breaker = CircuitBreaker(
            .init(
                failureLimit: settings.failureLimit, firstPause: settings.firstBreak,
                longestPause: settings.longestBreak))
    }

    public var statistics: Statistics {
        var out = counts
        out.circuitOpenedCount = breaker.openedCount
        return out
    }

    /// How long the circuit stays open; nil while it is closed.
    var openPause: Duration? { breaker.openPause(now: clock.now) }

    /// What `body` returns, tried again while that may help.
    /// - Parameters:
    ///   - deadline: on `clock`, asked before each attempt: none begins after it. One that has begun is paid for, so it
    ///     gets its whole timeout; who cannot wait that long leaves (``FetchCoordinator`` does).
    ///   - isWrite: whether an attempt that ended without an answer may have changed something. Its error counts then
    ///     before a later one that says that nothing was done: that speaks of its own attempt only.
    ///   - body: one attempt within the timeout that it is given.
    /// - Throws: the last attempt's error, ``ColdError/circuitOpen(retryIn:)`` or ``ColdError/deadlineExceeded``.
    public func call<R: Sendable>(
        deadline: @Sendable () async -> Duration? = { nil }, isWrite: Bool = false,
        _ body: @Sendable (Duration) async throws(ColdError) -> R
    ) async throws(ColdError) -> R {
        var doubt: ColdError?
        do throws(ColdError) {
            return try await tried(deadline, &doubt, body)
        } catch {
            if isWrite, let doubt, !error.mayHaveApplied { throw doubt }
            throw error
        }
    }

    private func tried<R: Sendable>(
        _ deadline: @Sendable () async -> Duration?, _ doubt: inout ColdError?,
        _ body: @Sendable (Duration) async throws(ColdError) -> R
    ) async throws(ColdError) -> R {
        counts.callCount += 1
        var attempt = 0
        while true {
            let left = await timeLeft(deadline)
            if let left, left <= .zero { throw failed(.deadlineExceeded) }
            if let pause = breaker.refusal(now: clock.now) {
                counts.circuitRefusalCount += 1
                throw failed(.circuitOpen(retryIn: pause))
            }
            attempt += 1
            counts.attemptCount += 1
            let error: ColdError
            do throws(ColdError) {
                let result = try await body(settings.timeout)
                breaker.succeeded()
                if attempt == 1 {
                    tokens = min(settings.retryBudget, tokens + settings.retriesEarnedPerSuccess)
                }
                return result
            } catch let thrown {
                error = thrown
            }
            note(error)
            if error.mayHaveApplied { doubt = error }
            try await pauseBeforeRetry(after: error, attempt, deadline)
            counts.retryCount += 1
        }
    }

    private func note(_ error: ColdError) {
        if error.speaksOfHealth {
            breaker.failed(now: clock.now)
        } else if case .refused = error {
            // It answered, so it is there.
            breaker.succeeded()
        } else {
            breaker.abandoned(now: clock.now)
        }
    }

    private func pauseBeforeRetry(
        after error: ColdError, _ attempt: Int, _ deadline: @Sendable () async -> Duration?
    ) async throws(ColdError) {
        guard error.isRetryable, attempt < settings.attemptLimit else { throw failed(error) }
        guard tokens >= 1 else {
            counts.budgetRefusalCount += 1
            throw failed(error)
        }
        let pause = pause(after: error, attempt)
        if let left = await timeLeft(deadline), left <= pause { throw failed(error) }
        tokens -= 1
        do {
            try await clock.sleep(for: pause)
        } catch {
            throw failed(.cancelled)
        }
    }

    private func pause(after error: ColdError, _ attempt: Int) -> Duration {
        let ceiling = min(settings.longestPause, settings.basePause * (1 << min(attempt, 20)))
        let jitter = ceiling * Double.random(in: 0...1, using: &random)
        // What the store asks for is a floor: jitter goes on top.
        if case .throttled(let wanted?) = error { return min(wanted, settings.longestPause) + jitter }
        return jitter
    }

    private func timeLeft(_ deadline: @Sendable () async -> Duration?) async -> Duration? {
        await deadline().map { $0 - clock.now }
    }

    private func failed(_ error: ColdError) -> ColdError {
        counts.failedCallCount += 1
        return error
    }
}
