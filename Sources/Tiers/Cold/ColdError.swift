/// Why the cold store did not do what was asked.
///
/// Two questions decide what happens next: may the same be asked again (``isRetryable``), and may it have been done
/// although no answer came (``mayHaveApplied``).
public enum ColdError: Error, Equatable, Sendable {
    /// 429. `pause` is what the answer asked for, if it did.
    case throttled(pause: Duration?)
    /// 408 and 5xx.
    case unavailable(status: Int, message: String)
    /// No answer within the time given.
    case timedOut
    /// The connection could not be made: nothing was sent.
    case unreachable(message: String)
    /// The connection broke after the request was sent.
    case connectionLost(message: String)
    /// A 4xx that no retry mends.
    case refused(status: Int, code: String, message: String)
    /// The answer is not what the operation answers.
    case strangeAnswer(what: String)
    /// Not sent: the store failed too often lately.
    case circuitOpen(retryIn: Duration)
    /// Not waited for: the caller's deadline is over, or would be before the next attempt.
    case deadlineExceeded
    case cancelled
    /// Not sent: too many keys wait already.
    case overloaded(waitingKeys: Int)
}

extension ColdError {
    public var isRetryable: Bool {
        switch self {
        case .throttled, .unavailable, .timedOut, .unreachable, .connectionLost: true
        case .refused, .strangeAnswer, .circuitOpen, .deadlineExceeded, .cancelled, .overloaded: false
        }
    }

    /// Whether a write that ended so may have been done, or may still be.
    public var mayHaveApplied: Bool {
        switch self {
        case .unavailable, .timedOut, .connectionLost, .strangeAnswer, .deadlineExceeded, .cancelled: true
        case .throttled, .unreachable, .refused, .circuitOpen, .overloaded: false
        }
    }

    /// Whether it says that the store is ill, not that we ask too fast or wrongly.
    var speaksOfHealth: Bool {
        switch self {
        case .unavailable, .timedOut, .unreachable, .connectionLost, .strangeAnswer: true
        case .throttled, .refused, .circuitOpen, .deadlineExceeded, .cancelled, .overloaded: false
        }
    }
}

extension ColdError: CustomStringConvertible {
    /// Stable, for tests and for the wire.
    public var code: String {
        switch self {
        case .throttled: "throttled"
        case .unavailable: "unavailable"
        case .timedOut: "timed_out"
        case .unreachable: "unreachable"
        case .connectionLost: "connection_lost"
        case .refused: "refused"
        case .strangeAnswer: "strange_answer"
        case .circuitOpen: "circuit_open"
        case .deadlineExceeded: "deadline_exceeded"
        case .cancelled: "cancelled"
        case .overloaded: "overloaded"
        }
    }

    public var description: String {
        switch self {
        case .throttled(let pause):
            "the cold store is asked too often (429)" + (pause.map { "; it wants a pause of \($0.inTenths)" } ?? "")
        case .unavailable(let status, let message): "the cold store failed (\(status)): \(message)"
        case .timedOut: "the cold store did not answer in time"
        case .unreachable(let message): "the cold store cannot be reached: \(message)"
        case .connectionLost(let message): "the connection to the cold store broke: \(message)"
        case .refused(let status, let code, let message): "the cold store refused (\(status), \(code)): \(message)"
        case .strangeAnswer(let what): "the cold store's answer makes no sense: \(what)"
        case .circuitOpen(let pause): "the cold store failed too often lately; it is asked again in \(pause.inTenths)"
        case .deadlineExceeded: "the deadline came before the cold store's answer"
        case .cancelled: "the wait for the cold store was cancelled"
        case .overloaded(let waitingKeys): "\(waitingKeys) keys wait for the cold store already; ask again later"
        }
    }
}

extension Duration {
    /// `1.5 seconds`.
    fileprivate var inTenths: String {
        let (seconds, attoseconds) = components
        return "\(((Double(seconds) + Double(attoseconds) * 1e-18) * 10).rounded() / 10) seconds"
    }
}
