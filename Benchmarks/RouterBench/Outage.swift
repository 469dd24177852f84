import MemVec
import Router

/// The store answers nothing in time in the middle of `main`: what is answered then, the recall that the answers expect
/// of themselves, and how it goes on afterwards.
enum Outage {
    static func measure(_ pair: Pair, _ centres: [[Float]]) async throws {
        let traffic = try Traffic.named("main", centres, count: 30_000)
        Report.line("\nnothing comes in time for 4,000 of 30,000 queries, 5 % of the rows in RAM, 0.99")
        let collection = try await pair.open([
            "ram-budget": pair.ramBudget(0.05), "policy": "calibrated", "retained-recall": "0.99",
        ])
        _ = try await Tally.of(traffic, 0..<20_000, collection, recall: false)
        let before = try await Tally.of(traffic, 20_000..<22_000, collection)
        // The truth is measured while the store is there.
        for number in 22_000..<26_000 { _ = try await traffic.nearest(number, k: 10, collection) }
        var degraded = 0, kept = 0, expected = 0.0, failed = 0
        var options = QueryOptions()
        // Over before anything is asked.
        options.deadlineSeconds = 1e-6
        for number in 22_000..<26_000 {
            guard let answer = try? await collection.query(traffic.vector(number), k: 10, options: options) else {
                failed += 1
                continue
            }
            guard answer.provenance.reason == .degraded else { continue }
            degraded += 1
            expected += answer.provenance.expectedRecall ?? 0
            let wanted = try await traffic.nearest(number, k: 10, collection), found = Set(answer.hits.map(\.key.text))
            kept += wanted.count { found.contains($0) }
        }
        let said = expected / Double(max(1, degraded)), was = Double(kept) / Double(10 * max(1, degraded))
        let after = try await Tally.of(traffic, 26_000..<28_000, collection)
        try await collection.close()
        let isKept = failed == 0 && degraded > 0 && abs(said - was) <= 0.02
        Report.line(
            "\(Report.kept(isKept)) \(degraded) degraded, \(failed) failed; recall expected \(Report.number(said, 4)), "
                + "realised \(Report.number(was, 4))")
        Report.line(Tally.head)
        Report.line(before.row("2,000 before"))
        Report.line(after.row("2,000 after"))
    }
}
