import MemVec
import Router

/// Policies side by side on the same traffic.
enum Comparison {
    static func measure(_ pair: Pair, _ centres: [[Float]]) async throws {
        for name in ["main", "tune", "flat", "noisy"] {
            let traffic = try Traffic.named(name, centres, count: 20_000)
            Report.line("\n\(name): 20,000 queries, the second half, 5 % of the rows in RAM")
            Report.line(Tally.head)
            for policy in ["off", "threshold:100", "threshold:150", "threshold:200", "threshold:250", "calibrated"] {
                for target in policy == "calibrated" ? ["0.9", "0.95", "0.99", "0.999"] : ["0.99"] {
                    let collection = try await pair.open([
                        "ram-budget": pair.ramBudget(0.05), "policy": policy, "retained-recall": target,
                    ])
                    _ = try await Tally.of(traffic, 0..<10_000, collection, recall: false)
                    let tally = try await Tally.of(traffic, 10_000..<20_000, collection)
                    try await collection.close()
                    Report.line(tally.row(policy == "calibrated" ? "\(policy) \(target)" : policy))
                }
            }
        }
    }
}
