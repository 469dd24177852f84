import MemVec

/// What the queries of one cell came to.
struct CellTally: Sendable {
    /// From the time at which a query was due, in an open loop; from that at which it was sent, in a closed one.
    private(set) var latencies = LatencyHistogram()
    /// From the time at which a query was sent.
    private(set) var serviceTimes = LatencyHistogram()
    private(set) var use = TierUse()
    /// Queries that failed, by the code of their error.
    private(set) var errors: [String: Int] = [:]
    private(set) var firstError: String?
    private(set) var timeline = Timeline()
    /// Of the sampled queries, by number.
    private(set) var sampled: [Int: [Hit]] = [:]

    var errorCount: Int { errors.values.reduce(0, +) }
    var answerCount: Int { use.queries }

    /// - Parameters:
    ///   - latency: nanoseconds from the time at which it was due.
    ///   - service: nanoseconds from the time at which it was sent.
    ///   - at: nanoseconds from the cell's begin to the answer.
    mutating func add(
        _ number: Int, _ answer: Answer, latency: UInt64, service: UInt64, at: UInt64, isSampled: Bool
    ) {
        latencies.record(nanoseconds: latency)
        serviceTimes.record(nanoseconds: service)
        use.add(answer)
        timeline.add(answer, latency: latency, at: at)
        if isSampled { sampled[number] = answer.hits }
    }

    mutating func add(_ error: any Error) {
        errors[ErrorCode.of(error) ?? "\(type(of: error))", default: 0] += 1
        if firstError == nil { firstError = "\(error)" }
    }
}
