internal import MemVec
internal import S3Vectors
internal import Synchronization

/// Counts of what the service did since it began, as Prometheus reads them. Requests are labelled by operation; those
/// that are for none share a label.
final class ServiceMetrics: Sendable {
    private struct Series {
        var count = 0
        var seconds = 0.0
        /// Requests by bucket of time, each its own.
        var buckets = [Int](repeating: 0, count: ServiceMetrics.bounds.count + 1)
        var byStatus: [Int: Int] = [:]
    }

    private struct State {
        var series: [String: Series] = [:]
        var tiers: [String: Int] = [:]
        var reasons: [String: Int] = [:]
        var coldRequests = 0
    }

    /// Upper bounds in seconds.
    private static let bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

    private let state = Mutex(State())

    func note(_ operation: Operation?, status: Int, _ time: Duration) {
        let parts = time.components
        let seconds = Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
        let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        state.withLock { state in
            var series = state.series[operation?.name ?? "unknown"] ?? Series()
            series.count += 1
            series.seconds += seconds
            series.buckets[bucket] += 1
            series.byStatus[status, default: 0] += 1
            state.series[operation?.name ?? "unknown"] = series
        }
    }

    func note(_ provenance: Provenance) {
        state.withLock { state in
            state.tiers["ram", default: 0] += provenance.ramCount
            state.tiers["warm", default: 0] += provenance.warmCount
            state.tiers["cold", default: 0] += provenance.coldCount
            state.reasons[provenance.reason.rawValue, default: 0] += 1
            state.coldRequests += provenance.cold.requestCount
        }
    }

    /// In Prometheus's text format 0.0.4.
    var text: String {
        let state = state.withLock { $0 }
        var out = "# TYPE memvec_requests_total counter\n"
        let series = state.series.sorted { $0.key < $1.key }
        for (name, one) in series {
            for (status, count) in one.byStatus.sorted(by: { $0.key < $1.key }) {
                out += "memvec_requests_total{operation=\"\(name)\",status=\"\(status)\"} \(count)\n"
            }
        }
        out += "# TYPE memvec_request_seconds histogram\n"
        for (name, one) in series {
            var below = 0
            for (bound, count) in zip(Self.bounds, one.buckets) {
                below += count
                out += "memvec_request_seconds_bucket{operation=\"\(name)\",le=\"\(bound)\"} \(below)\n"
            }
            out += "memvec_request_seconds_bucket{operation=\"\(name)\",le=\"+Inf\"} \(one.count)\n"
            out += "memvec_request_seconds_sum{operation=\"\(name)\"} \(one.seconds)\n"
            out += "memvec_request_seconds_count{operation=\"\(name)\"} \(one.count)\n"
        }
        out += "# TYPE memvec_candidates_total counter\n"
        for (tier, count) in state.tiers.sorted(by: { $0.key < $1.key }) {
            out += "memvec_candidates_total{tier=\"\(tier)\"} \(count)\n"
        }
        out += "# TYPE memvec_answers_total counter\n"
        for (reason, count) in state.reasons.sorted(by: { $0.key < $1.key }) {
            out += "memvec_answers_total{reason=\"\(reason)\"} \(count)\n"
        }
        out += "# TYPE memvec_cold_requests_total counter\nmemvec_cold_requests_total \(state.coldRequests)\n"
        let dollars = Double(state.coldRequests) * ServicePrices.request
        out += "# TYPE memvec_cold_dollars_total counter\nmemvec_cold_dollars_total \(dollars)\n"
        return out
    }
}
