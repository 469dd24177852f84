import Foundation
import MemVec
import Router
import Vectors

/// Chances that were foretold beside what came, by tenths of chance: candidates of queries of `main` that were missing,
/// judged by a fetch of all.
enum Chances {
    /// The candidates of one tenth, as the report keeps them.
    struct Tenth: Codable {
        let count: Int
        /// Means over them.
        let foretold: Double
        let came: Double
    }

    /// Tenths with fewer candidates tell too little.
    private static let leastCount = 1_000

    /// - Parameter isJudged: false where only the numbers are wanted.
    static func measure(
        _ pair: Pair, _ centres: [[Float]], _ name: String, isJudged: Bool = true
    ) async throws -> [Tenth] {
        let traffic = try Traffic.named("main", centres, count: 14_000)
        let collection = try await pair.open([
            "ram-budget": pair.ramBudget(0.05), "policy": "calibrated", "retained-recall": "0.99",
        ])
        _ = try await Tally.of(traffic, 0..<8_000, collection, recall: false)
        var foretold = [Double](repeating: 0, count: 10), came = foretold, counts = [Int](repeating: 0, count: 10)
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
        Report.line("\n\(name): chances of 6,000 queries, foretold and come true\n| cases | foretold | came |\n|---|---|---|")
        var tenths: [Tenth] = []
        for (tenth, count) in counts.enumerated() where count > 0 {
            let found = Tenth(
                count: count, foretold: foretold[tenth] / Double(count), came: came[tenth] / Double(count))
            tenths.append(found)
            let isKept = count < leastCount || abs(found.foretold - found.came) <= 0.05
            Report.line(
                "| \(isJudged ? Report.kept(isKept) : "")\(count) | \(Report.number(found.foretold, 3)) | "
                    + "\(Report.number(found.came, 3)) |")
        }
        return tenths
    }

    /// For `tools/plots --chances`.
    static func write(_ found: [String: [Tenth]], to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        try encoder.encode(found).write(to: URL(fileURLWithPath: path))
    }
}
