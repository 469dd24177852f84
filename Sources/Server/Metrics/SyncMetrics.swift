internal import CoreMetrics
internal import MemVec

/// What the comparisons of indexes with their remotes found, and when the last of each was.
final class SyncMetrics: Sendable {
    static let described: [MetricDescription] = [
        .init(
            "memvec_sync_runs_total", .counter, labels: ["result"],
            "Comparisons of indexes with their remotes, by result."),
        .init(
            "memvec_sync_changes_total", .counter, labels: ["kind"],
            "What they found that others had done there, by kind."),
        .init(
            "memvec_sync_dollars_total", .counter,
            "Cost of those that came to their end in US dollars, by the price table."),
        .init(
            "memvec_sync_last_timestamp_seconds", .gauge, labels: ["bucket", "index"],
            "Start of the last that came to its end, in seconds since 1970."),
        .init(
            "memvec_sync_last_dollars", .gauge, labels: ["bucket", "index"],
            "Cost of the last that came to its end in US dollars."),
    ]

    private let done, failed, added, changed, metadata, deleted: Counter
    private let dollars: FloatingPointCounter
    private let last: IndexGauges

    init(_ factory: PrometheusFactory) {
        last = IndexGauges(Self.described, factory)
        func runs(_ result: String) -> Counter {
            Counter(label: "memvec_sync_runs_total", dimensions: [("result", result)], factory: factory)
        }
        func changes(_ kind: String) -> Counter {
            Counter(label: "memvec_sync_changes_total", dimensions: [("kind", kind)], factory: factory)
        }
        (done, failed) = (runs("done"), runs("failed"))
        (added, changed, metadata, deleted) = (
            changes("added"), changes("changed"), changes("metadata"), changes("deleted")
        )
        dollars = FloatingPointCounter(label: "memvec_sync_dollars_total", factory: factory)
    }

    func note(_ event: SyncEvent) {
        guard case .success(let report) = event.result else {
            failed.increment()
            return
        }
        done.increment()
        added.increment(by: report.addedCount)
        changed.increment(by: report.changedCount)
        metadata.increment(by: report.metadataCount)
        deleted.increment(by: report.deletedCount)
        dollars.increment(by: report.dollars)
        last.set([report.comparedAt, report.dollars], of: event.name)
    }

    /// Of indexes that are not there any more nothing is shown.
    func forget(allBut names: Set<IndexName>) { last.forget { !names.contains($0) } }
}
