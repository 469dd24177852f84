internal import MemVec

/// What indexes in front of a remote have cost there, as of the last query of each.
struct SpendingMetrics: Sendable {
    static let described: [MetricDescription] = [
        .init(
            "memvec_online_dollars", .gauge, labels: ["bucket", "index"],
            "What queries, audits, fills and failed attempts have cost in US dollars, in all opens of the index."),
        .init(
            "memvec_alone_dollars", .gauge, labels: ["bucket", "index"],
            "What the remote alone would have taken for the same queries in US dollars."),
        .init(
            "memvec_bulk_dollars", .gauge, labels: ["bucket", "index"],
            "What attach, syncs and training have cost in US dollars."),
    ]

    private let gauges: IndexGauges

    init(_ factory: PrometheusFactory) { gauges = IndexGauges(Self.described, factory) }

    func note(_ sums: Spending.Sums, of name: IndexName) {
        gauges.set([sums.onlineDollars, sums.aloneDollars, sums.bulkDollars], of: name)
    }

    func forget(_ name: IndexName) { gauges.forget(name) }
}
