internal import CoreMetrics
internal import MemVec
internal import Synchronization

/// How well indexes in front of a remote keep the retained recall that they promise, as of the last audit of each.
final class CalibrationMetrics: Sendable {
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

    private struct Gauges {
        let realised, target, certified, missing, keys, dollars: Meter

        var all: [Meter] { [realised, target, certified, missing, keys, dollars] }
    }

    private let factory: PrometheusFactory
    private let gauges = Mutex<[IndexName: Gauges]>([:])

    init(_ factory: PrometheusFactory) { self.factory = factory }

    func note(_ status: CalibrationStatus, of name: IndexName) {
        let found = gauges.withLock { gauges in
            let found = gauges[name] ?? handles(name)
            gauges[name] = found
            return found
        }
        found.realised.set(status.realisedRecall)
        found.target.set(status.target)
        found.certified.set(status.certifiedRecall ?? 0)
        found.missing.set(status.missingAudits)
        found.keys.set(status.auditKeys)
        found.dollars.set(status.auditDollars)
    }

    func forget(_ name: IndexName) {
        for gauge in gauges.withLock({ $0.removeValue(forKey: name) })?.all ?? [] { gauge.destroy() }
    }

    private func handles(_ name: IndexName) -> Gauges {
        func meter(_ label: String) -> Meter {
            Meter(label: label, dimensions: [("bucket", name.bucket), ("index", name.index)], factory: factory)
        }
        return Gauges(
            realised: meter("memvec_retained_recall"), target: meter("memvec_retained_recall_target"),
            certified: meter("memvec_retained_recall_certified"), missing: meter("memvec_missing_audits"),
            keys: meter("memvec_audit_keys"), dollars: meter("memvec_audit_dollars"))
    }
}
