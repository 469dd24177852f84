import MemVec
import Router
import Vectors
import Workload

/// Uniform traffic, and filters that let 1 to 50 % of the rows through, beside fetching everything.
enum Filtered {
    static func measure(_ pair: Pair, _ centres: [[Float]]) async throws {
        Report.line("\nfilters and uniform traffic, 12,000 queries, the last 4,000; 5 % of the rows in RAM")
        Report.line(Tally.head)
        for share in [1, 2, 10, 50, 100] {
            let filter = share == 100 ? nil : try Filter(json: "{\"slot\":{\"$lt\":\(share)}}")
            let traffic = Traffic("filtered", around: centres, .init(count: 12_000), filter: filter)
            try await measure(share == 100 ? "all rows" : "\(share) % of the rows", traffic, pair)
        }
        try await measure("uniform", try Traffic.named("uniform", centres, count: 12_000), pair)
    }

    private static func measure(_ name: String, _ traffic: Traffic, _ pair: Pair) async throws {
        for policy in ["off", "calibrated"] {
            let collection = try await pair.open([
                "ram-budget": pair.ramBudget(0.05), "policy": policy, "retained-recall": "0.99",
            ])
            _ = try await Tally.of(traffic, 0..<8_000, collection, recall: false)
            let tally = try await Tally.of(traffic, 8_000..<12_000, collection)
            try await collection.close()
            Report.line(tally.row("\(name), \(policy)"))
        }
    }
}
