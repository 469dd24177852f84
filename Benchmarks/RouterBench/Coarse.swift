import MemVec
import Router

/// `main` over 100,000 rows whose codes have 16 bytes, so that estimates tell little: 40,000 queries, the second half,
/// 5 % of the rows in RAM.
enum Coarse {
    static let shape = Pair.Shape(rowLimit: 100_000, index: "IVF1264,PQ16")
    private static let bars = [(target: 0.95, local: 56.0), (target: 0.99, local: 40), (target: 0.999, local: 19)]

    static func measure(_ pair: Pair, _ centres: [[Float]]) async throws {
        let traffic = try Traffic.named("main", centres, count: 40_000)
        Report.line("\n100,000 rows, IVF1264,PQ16, 5 % in RAM; the simulator with a level that was tuned: 58.5, 42.6, 21.6")
        Report.line(Tally.head)
        for bar in bars {
            let collection = try await pair.open([
                "ram-budget": pair.ramBudget(0.05), "policy": "calibrated", "retained-recall": "\(bar.target)",
            ])
            _ = try await Tally.of(traffic, 0..<20_000, collection, recall: false)
            let tally = try await Tally.of(traffic, 20_000..<40_000, collection)
            try await collection.close()
            let isKept = tally.localShare >= bar.local - 2 && tally.recall >= bar.target - 0.002
            Report.line(tally.row("\(Report.kept(isKept)) \(bar.target)"))
        }
    }
}
