internal import MemVec
internal import Vectors

extension ServiceMetrics {
    /// Of what `/metrics` says, what the dashboard shows, from the same counters and histograms.
    var figures: JSONObject {
        let tiers = ["ram", "warm", "cold"]
        var answers: JSONObject = [:], requests: JSONObject = [:]
        for reason in Provenance.Reason.allCases {
            answers[reason.rawValue] = factory.count("memvec_answers_total", [("reason", reason.rawValue)])
        }
        for name in operationNames.sorted() { requests[name] = figures(ofOperation: name) }
        func byTier(_ name: String) -> JSONObject {
            var out: JSONObject = [:]
            for tier in tiers { out[tier] = factory.count(name, [("tier", tier)]) }
            return out
        }
        return [
            "hits": byTier("memvec_hits_total"), "candidates": byTier("memvec_candidates_total"), "answers": answers,
            "requests": requests, "coldRequests": factory.count("memvec_cold_requests_total", []),
            "coldKeys": factory.count("memvec_cold_keys_total", []),
            "coldDollars": JSONValue.number(factory.sum("memvec_cold_dollars_total", [])),
        ]
    }

    private func figures(ofOperation name: String) -> JSONObject {
        let times = factory.histogram("memvec_request_seconds", [("operation", name)])
        func milliseconds(_ share: Double) -> Double? { times?.quantile(share).map { 1000 * $0 } }
        var out: JSONObject = [
            "count": times?.count ?? 0, "p50": milliseconds(0.5), "p95": milliseconds(0.95), "p99": milliseconds(0.99),
        ]
        for statusClass in [4, 5] {
            out["\(statusClass)xx"] = factory.count(
                "memvec_requests_total", [("operation", name), ("status", "\(statusClass)xx")])
        }
        return out
    }
}
