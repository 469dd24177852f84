import MemVec
import Router

/// 20,000 queries of `main`, then 20,000 around another hot set, with 1 % of the rows in RAM: within 15,000 queries the
/// share that asks nothing is to be within 5 points of what it was.
enum HotSet {
    static func measure(_ pair: Pair, _ centres: [[Float]]) async throws {
        let before = try Traffic.named("main", centres, count: 20_000)
        let after = try Traffic.named("tune", centres, count: 20_000)
        Report.line("\nthe hot set turns after 20,000 queries, 1 % of the rows in RAM")
        Report.line(Tally.head)
        let collection = try await pair.open([
            "ram-budget": pair.ramBudget(0.01), "policy": "calibrated", "retained-recall": "0.99",
        ])
        _ = try await Tally.of(before, 0..<17_500, collection, recall: false)
        let old = try await Tally.of(before, 17_500..<20_000, collection)
        Report.line(old.row("before"))
        for start in stride(from: 0, to: 20_000, by: 2_500) {
            let tally = try await Tally.of(after, start..<start + 2_500, collection)
            let mark = start == 15_000 ? Report.kept(tally.localShare >= old.localShare - 5) + " " : ""
            Report.line(tally.row("\(mark)\(start) after"))
        }
        try await collection.close()
    }
}
