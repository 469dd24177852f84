import MemVec
import Router

/// 20,000 queries of `main`, then 10,000 of another traffic, at a target of 0.99 and with 5 % of the rows in RAM.
enum Turns {
    static func measure(_ pair: Pair, _ centres: [[Float]]) async throws {
        let first = try Traffic.named("main", centres, count: 20_000)
        Report.line("\n20,000 of main, then 10,000 of another; the worst 2,000 of these")
        Report.line(Tally.head)
        for name in ["main", "tune", "flat", "repeat", "noisy", "filtered"] {
            let then = try Traffic.named(name, centres, count: 30_000)
            let collection = try await pair.open([
                "ram-budget": pair.ramBudget(0.05), "policy": "calibrated", "retained-recall": "0.99",
            ])
            _ = try await Tally.of(first, 0..<20_000, collection, recall: false)
            let start = name == "main" ? 20_000 : 0
            var worst = 1.0, all = Tally()
            for part in 0..<5 {
                let tally = try await Tally.of(then, start + 2_000 * part..<start + 2_000 * (part + 1), collection)
                worst = min(worst, tally.recall)
                all.add(tally)
            }
            try await collection.close()
            let isKept = all.recall >= 0.989 && worst >= 0.98
            Report.line(all.row("\(Report.kept(isKept)) then \(name)"), "worst \(Report.number(worst, 4))")
        }
    }
}
