import MemVec
import Router
import Vectors

/// Chances that were foretold beside what came, by tenths of chance: candidates of queries of `main` that were missing,
/// judged by a fetch of all.
enum Chances {
    static func measure(_ pair: Pair, _ centres: [[Float]]) async throws {
        let traffic = try Traffic.named("main", centres, count: 14_000)
        let collection = try await pair.open([
            "ram-budget": pair.ramBudget(0.05), "policy": "calibrated", "retained-recall": "0.99",
        ])
        _ = try await Tally.of(traffic, 0..<8_000, collection, recall: false)
        var foretold = [Double](repeating: 0, count: 10), came = foretold, counts = foretold
        var options = QueryOptions()
        (options.isExplained, options.countsAsUse) = (true, false)
        for number in 8_000..<14_000 {
            let near = Set(try await traffic.nearest(number, k: 10, collection))
            let answer = try await collection.query(traffic.vector(number), k: 10, options: options)
            for candidate in answer.explanation?.candidates ?? [] {
                guard let chance = candidate.chance, let key = candidate.key else { continue }
                let tenth = min(9, Int(chance * 10))
                foretold[tenth] += chance
                came[tenth] += near.contains(key.text) ? 1 : 0
                counts[tenth] += 1
            }
        }
        try await collection.close()
        Report.line("\nchances of 6,000 queries, foretold and come true\n| cases | foretold | came |\n|---|---|---|")
        for tenth in 0..<10 where counts[tenth] > 0 {
            let (said, was) = (foretold[tenth] / counts[tenth], came[tenth] / counts[tenth])
            let isKept = counts[tenth] < 1_000 || abs(said - was) <= 0.05
            Report.line(
                "| \(Report.kept(isKept)) \(Report.number(counts[tenth], 0)) | \(Report.number(said, 3)) | "
                    + "\(Report.number(was, 3)) |")
        }
    }
}
