internal import CoreMetrics
internal import MemVec
internal import S3Vectors
internal import Synchronization

/// What the service did since it began. Requests are labelled by operation; those that are for none share a label, so
/// that nobody can make labels by asking.
final class ServiceMetrics: Sendable {
    static let described: [MetricDescription] = [
        .init(
            "memvec_requests_total", .counter, labels: ["operation", "status"],
            "Requests answered, by operation and class of status."),
        .init(
            "memvec_request_seconds", .histogram, labels: ["operation"],
            "Time from a request that has come whole to its answer, by operation."),
        .init(
            "memvec_hits_total", .counter, labels: ["tier"],
            "Vectors in answers of queries, by the tier they were scored in."),
        .init(
            "memvec_candidates_total", .counter, labels: ["tier"],
            "Vectors scored by queries, by the tier they were scored in."),
        .init(
            "memvec_answers_total", .counter, labels: ["reason"],
            "Answers of queries, by the reason they ended for; short_circuit left the store alone."),
        .init("memvec_cold_requests_total", .counter, "Requests to stores behind the indexes, made by queries."),
        .init("memvec_cold_keys_total", .counter, "Vectors asked of stores behind the indexes by queries."),
        .init("memvec_cold_dollars_total", .counter, "Cost of these requests in US dollars, by the price table."),
        .init("memvec_connections", .gauge, "Open connections."),
        .init(
            "memvec_queue_length", .gauge, labels: ["queue"],
            "What waits: requests that have come and are not answered, lines of the access log."),
        .init("memvec_access_log_lost_total", .counter, "Lines of the access log that could not be written."),
        .init(
            "memvec_simulated_faults_total", .counter, labels: ["fault"], "Faults that --simulate-faults made, by kind."
        ),
    ]

    /// Upper bounds in seconds.
    private static let bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

    private struct RequestKind: Hashable {
        let operation: String
        let statusClass: Int
    }

    private struct ByTier {
        let ram, warm, cold: Counter

        init(_ name: String, _ factory: PrometheusFactory) {
            func counter(_ tier: String) -> Counter {
                Counter(label: name, dimensions: [("tier", tier)], factory: factory)
            }
            (ram, warm, cold) = (counter("ram"), counter("warm"), counter("cold"))
        }
    }

    /// Handles that were asked for once: a request makes none that is there.
    private struct Known {
        var requests: [RequestKind: Counter] = [:]
        var times: [String: Timer] = [:]
        var reasons: [Provenance.Reason: Counter] = [:]
    }

    let syncs: SyncMetrics
    let calibrations: CalibrationMetrics
    let spendings: SpendingMetrics
    let factory = PrometheusFactory(
        help: Dictionary(MetricDescription.all.map { ($0.name, $0.help) }, uniquingKeysWith: { ours, _ in ours }),
        bounds: bounds)
    private let known = Mutex(Known())
    private let hits: ByTier
    private let candidates: ByTier
    private let coldRequests: Counter
    private let coldKeys: Counter
    private let dollars: FloatingPointCounter
    private let requests: Meter
    private let connections: Meter
    private let logLines: Meter
    private let lostLogLines: Counter

    init() {
        syncs = SyncMetrics(factory)
        calibrations = CalibrationMetrics(factory)
        spendings = SpendingMetrics(factory)
        hits = ByTier("memvec_hits_total", factory)
        candidates = ByTier("memvec_candidates_total", factory)
        coldRequests = Counter(label: "memvec_cold_requests_total", factory: factory)
        coldKeys = Counter(label: "memvec_cold_keys_total", factory: factory)
        dollars = FloatingPointCounter(label: "memvec_cold_dollars_total", factory: factory)
        connections = Meter(label: "memvec_connections", factory: factory)
        requests = Meter(label: "memvec_queue_length", dimensions: [("queue", "requests")], factory: factory)
        logLines = Meter(label: "memvec_queue_length", dimensions: [("queue", "access_log")], factory: factory)
        lostLogLines = Counter(label: "memvec_access_log_lost_total", factory: factory)
        // A rate of what has not happened yet is 0, not absent.
        known.withLock { known in
            for reason in Provenance.Reason.allCases { known.reasons[reason] = counter(of: reason) }
        }
    }

    /// In Prometheus's text format 0.0.4.
    var text: String { factory.text }

    func requestCame() { requests.increment() }

    func requestLeft() { requests.decrement() }

    /// Of requests that were answered.
    var operationNames: [String] { known.withLock { Array($0.times.keys) } }

    /// - Parameter name: of the operation, one of few.
    func note(_ name: String, status: Int, _ time: Duration) {
        let kind = RequestKind(operation: name, statusClass: status / 100)
        let (counter, timer) = known.withLock { known in
            let counter =
                known.requests[kind]
                ?? Counter(
                    label: "memvec_requests_total",
                    dimensions: [("operation", name), ("status", "\(kind.statusClass)xx")], factory: factory)
            let timer =
                known.times[name]
                ?? Timer(label: "memvec_request_seconds", dimensions: [("operation", name)], factory: factory)
            known.requests[kind] = counter
            known.times[name] = timer
            return (counter, timer)
        }
        counter.increment()
        timer.recordNanoseconds(time.components.seconds * 1_000_000_000 + time.components.attoseconds / 1_000_000_000)
    }

    func note(_ sources: [Hit.Source]) {
        for source in sources {
            switch source {
            case .ram: hits.ram.increment()
            case .warm: hits.warm.increment()
            case .cold: hits.cold.increment()
            case .index: break
            }
        }
    }

    func note(_ provenance: Provenance) {
        candidates.ram.increment(by: provenance.ramCount)
        candidates.warm.increment(by: provenance.warmCount)
        candidates.cold.increment(by: provenance.coldCount)
        let reason = known.withLock { known in
            let counter = known.reasons[provenance.reason] ?? counter(of: provenance.reason)
            known.reasons[provenance.reason] = counter
            return counter
        }
        reason.increment()
        noteCost(provenance)
    }

    func noteCost(_ provenance: Provenance) {
        guard provenance.cold.requestCount > 0 else { return }
        coldRequests.increment(by: provenance.cold.requestCount)
        coldKeys.increment(by: provenance.cold.keyCount)
        dollars.increment(by: provenance.cold.dollars)
    }

    private func counter(of reason: Provenance.Reason) -> Counter {
        Counter(label: "memvec_answers_total", dimensions: [("reason", reason.rawValue)], factory: factory)
    }

    func connectionOpened() { connections.increment() }
    func connectionClosed() { connections.decrement() }
    func logQueue(_ lineCount: Int) { logLines.set(lineCount) }
    func logLost(_ lineCount: Int) { lostLogLines.increment(by: lineCount) }

    func faultMade(_ kind: String) {
        Counter(label: "memvec_simulated_faults_total", dimensions: [("fault", kind)], factory: factory).increment()
    }
}
