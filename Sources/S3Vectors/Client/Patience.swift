/// How long and how often an operation is tried.
package struct Patience: Sendable {
    /// Of one attempt.
    package var timeout: Duration
    /// From the call on, all attempts and pauses together; nil: until the attempts are used up.
    package var total: Duration?
    package var attemptLimit: Int
    /// Whether a service that is down is waited for, by the breaks of the circuit, until ``total`` is over.
    package var waitsOutBreaks: Bool

    package init(timeout: Duration, total: Duration? = nil, attemptLimit: Int, waitsOutBreaks: Bool = false) {
        self.timeout = timeout
        self.total = total
        self.attemptLimit = attemptLimit
        self.waitsOutBreaks = waitsOutBreaks
    }

    /// For somebody who waits.
    package static let usual = Patience(timeout: .seconds(10), total: .seconds(30), attemptLimit: 4)
    /// For listings and loads that take minutes anyway.
    package static let bulk = Patience(
        timeout: .seconds(60), total: .seconds(900), attemptLimit: 10, waitsOutBreaks: true)
    /// For callers that try again themselves.
    package static func once(_ timeout: Duration) -> Patience { Patience(timeout: timeout, attemptLimit: 1) }
}
