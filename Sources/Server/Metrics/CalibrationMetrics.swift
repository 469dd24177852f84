internal import MemVec

/// How well indexes in front of a remote keep the retained recall that they promise, as of the last audit of each.
struct CalibrationMetrics: Sendable {
    static let described: [MetricDescription] = [
        .init(
            "memvec_retained_recall", .gauge, labels: ["bucket", "index"],
            "Mean share of the candidates' nearest that answers had, in audits."),
        .init("memvec_retained_recall_target", .gauge, labels: ["bucket", "index"], "What is promised of it."),
        .init(
            "memvec_retained_recall_certified", .gauge, labels: ["bucket", "index"],
            "What of it is certain at 95 %; 0 while nothing is."),
        .init(
            "memvec_missing_audits", .gauge, labels: ["bucket", "index"],
            "Audits that are missing until fewer than all candidates are fetched."),
        .init("memvec_audit_keys", .gauge, labels: ["bucket", "index"], "Vectors that were fetched for audits alone."),
        .init(
            "memvec_audit_dollars", .gauge, labels: ["bucket", "index"],
            "What audits alone have cost in US dollars, by the price table."),
    ]

    private let gauges: IndexGauges

    init(_ factory: PrometheusFactory) { gauges = IndexGauges(Self.described, factory) }

    func note(_ status: CalibrationStatus, of name: IndexName) {
        gauges.set(
            [
                status.realisedRecall, status.target, status.certifiedRecall ?? 0, Double(status.missingAudits),
                Double(status.auditKeys), status.auditDollars,
            ], of: name)
    }

    func forget(_ name: IndexName) { gauges.forget(name) }
}
