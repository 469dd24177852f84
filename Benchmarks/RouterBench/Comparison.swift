import Foundation
import MemVec
import Router
import Storage

/// Policies side by side on the same traffic, each at some strengths: recall against keys and against queries that ask
/// nothing.
enum Comparison {
    /// One run, as the report keeps it.
    struct Run: Codable {
        let traffic: String
        let policy: String
        let recall: Double
        /// Of all queries, in percent.
        let withoutStore: Double
        /// A query, with those of audits.
        let keys: Double
        let calls: Double
    }

    private static let policies =
        ["0.9", "0.95", "0.99", "0.999"].map { "calibrated:\($0)" }
        + ["-0.4", "-0.2", "0", "0.25", "1"].map { "qvcache:\($0)" } + [80, 110, 160, 220].map { "threshold:\($0)" }
        + [80, 140, 200].map { "threshold:\($0),best" } + ["off"]

    /// Goes on from what `report` has, as a run takes an hour: whoever changes the code removes it.
    static func measure(_ pair: Pair, _ centres: [[Float]], report: String) async throws {
        var runs = try Files.read(report).map { try JSONDecoder().decode([Run].self, from: Data($0)) } ?? []
        if !runs.isEmpty { Report.line("\n\(runs.count) runs are known from \(report)") }
        for name in ["main", "tune", "flat", "repeat", "noisy"] {
            let traffic = try Traffic.named(name, centres, count: 12_000)
            Report.line("\n\(name): 12,000 queries, the second half, 5 % of the rows in RAM")
            Report.line(Tally.head)
            for policy in policies where !runs.contains(where: { $0.traffic == name && $0.policy == policy }) {
                let parts = policy.split(separator: ":").map(String.init), isOurs = parts[0] == "calibrated"
                let collection = try await pair.open([
                    "ram-budget": pair.ramBudget(0.05), "policy": isOurs ? parts[0] : policy,
                    "retained-recall": isOurs ? parts[1] : "0.99",
                ])
                _ = try await Tally.of(traffic, 0..<6_000, collection, recall: false)
                let tally = try await Tally.of(traffic, 6_000..<12_000, collection)
                try await collection.close()
                Report.line(tally.row(policy))
                runs.append(
                    Run(
                        traffic: name, policy: policy, recall: tally.recall, withoutStore: tally.localShare,
                        keys: tally.each(tally.answerKeys + tally.auditKeys), calls: tally.each(tally.callCount)))
                try JSONEncoder().encode(runs).write(to: URL(fileURLWithPath: report))
            }
        }
        judge(runs)
    }

    /// For each run of ours the best of each other rule that kept at least as much recall.
    private static func judge(_ runs: [Run]) {
        Report.line("\nthe cheapest of each rule at no less recall: keys a query, queries without the store")
        for ours in runs where ours.policy.hasPrefix("calibrated") {
            let rivals = runs.filter {
                $0.traffic == ours.traffic && !$0.policy.hasPrefix("calibrated") && $0.recall >= ours.recall - 0.0005
            }
            let keys = rivals.map(\.keys).min() ?? .infinity, local = rivals.map(\.withoutStore).max() ?? 0
            let isKept = ours.keys <= keys && ours.withoutStore >= local
            Report.line(
                "\(Report.kept(isKept)) \(ours.traffic), \(ours.policy): recall \(Report.number(ours.recall, 4)), "
                    + "\(Report.number(ours.keys, 1)) keys, \(Report.number(ours.withoutStore, 1)) % without; of the others "
                    + "\(rivals.isEmpty ? "none" : "\(Report.number(keys, 1)) keys, \(Report.number(local, 1)) %")")
        }
    }
}
