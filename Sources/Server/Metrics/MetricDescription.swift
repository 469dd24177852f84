/// What one metric of `/metrics` is. The service is made from these lists, and docs/reference.md is written from them.
package struct MetricDescription: Sendable {
    /// As Prometheus's `# TYPE` tells it.
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    package let name: String
    package let kind: Kind
    /// The names of the labels of each series.
    package let labels: [String]
    /// What it counts, in units where it has any; the `# HELP` line.
    package let help: String

    init(_ name: String, _ kind: Kind, labels: [String] = [], _ help: String) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
    }

    /// All that a server can show.
    package static var all: [MetricDescription] {
        ServiceMetrics.described + SyncMetrics.described + CalibrationMetrics.described
            + SpendingMetrics.described
    }
}
