import MemVec
import Router

/// 40,000 queries of `main` from cold tiers and no calibration; the second half counts. Bars from measurements of the
/// same rule by a simulator, within 2 points.
enum MainTraffic {
    struct Bar {
        let share: Double
        let target: Double
        let recall: Double
        let local: Double
        let keys: Double?
        /// What the simulator had.
        let before: String
    }

    static let bars = [
        Bar(share: 0.05, target: 0.95, recall: 0.948, local: 76, keys: 5, before: ".954-.959, 79.1, 4.4+3.0"),
        Bar(share: 0.05, target: 0.99, recall: 0.988, local: 66, keys: 8, before: ".9934-.9939, 67.8, 7.0+6.9"),
        Bar(share: 0.05, target: 0.999, recall: 0.9987, local: 58, keys: 10, before: ".9995, 59.9, 9.1+13.3"),
        Bar(share: 0.01, target: 0.95, recall: 0.948, local: 60, keys: nil, before: ".953-.957, 63.0, 8.2+3.4"),
        Bar(share: 0.01, target: 0.99, recall: 0.988, local: 53, keys: nil, before: ".9908-.9921, 55.9, 10.2+8.0"),
        Bar(share: 0.01, target: 0.999, recall: 0.9987, local: 44, keys: nil, before: ".9994, 46.4, 13.0+15.8"),
        Bar(share: 0.2, target: 0.95, recall: 0.948, local: 88, keys: nil, before: ".9485-.953, 91.0, 1.8+2.2"),
        Bar(share: 0.2, target: 0.99, recall: 0.988, local: 82, keys: nil, before: ".9915-.9948, 85.3, 2.9+4.3"),
        Bar(share: 0.2, target: 0.999, recall: 0.9987, local: 78, keys: nil, before: ".9994-.9996, 81.8, 3.6+7.3"),
    ]

    /// - Parameter seed: of the traffic, in place of the one that the bars were measured with.
    static func measure(_ pair: Pair, _ centres: [[Float]], seed: UInt64? = nil) async throws {
        let traffic = try Traffic.named("main", centres, count: 40_000, seed: seed)
        Report.line(
            "\nmain, seed \(seed ?? 7): 40,000 Zipf queries, the second half; then what the simulator had: recall, "
                + "no S3 %, keys + audit keys")
        Report.line(Tally.head)
        for bar in bars where seed == nil || bar.share == 0.05 {
            let collection = try await pair.open([
                "ram-budget": pair.ramBudget(bar.share), "policy": "calibrated", "retained-recall": "\(bar.target)",
            ])
            _ = try await Tally.of(traffic, 0..<20_000, collection, recall: false)
            let tally = try await Tally.of(traffic, 20_000..<40_000, collection)
            let status = try collection.statistics().remote?.calibration
            try await collection.close()
            let keys = tally.each(tally.answerKeys)
            let isKept =
                tally.recall >= bar.recall && tally.localShare >= bar.local - 2
                && bar.keys.map { keys <= $0 } ?? true
            Report.line(
                tally.row("\(Report.kept(isKept)) \(Report.number(100 * bar.share, 0)) %, \(bar.target)"),
                "level \(Report.number(status?.level ?? 0, 4)), certified \(status?.certifiedRecall.map { "\($0)" } ?? "-"),",
                "audits \(status?.auditCount ?? 0), decision p50 \(Report.number(tally.decisionMicroseconds, 1)) us; \(bar.before)")
        }
    }
}
