import Foundation
import Router

/// The outcomes as README shows them.
enum Table {
    private static let heads = [
        "vectors", "setting", "traffic", "queries", "S3 Vectors alone", "MemVec: queries + fills", "share", "without S3",
        "hits from RAM, warm, S3", "attach, paid back after", "a sync, paid back after",
    ]

    static func text(_ outcomes: [Outcome]) -> String {
        let lines = outcomes.map { "| " + $0.cells.joined(separator: " | ") + " |" }
        let head = "| " + heads.joined(separator: " | ") + " |"
        return ([head, "|" + String(repeating: "---|", count: heads.count)] + lines).joined(separator: "\n")
    }
}

extension Outcome {
    fileprivate var cells: [String] {
        let hits = Double(max(1, ramHitCount + warmHitCount + coldHitCount))
        let places = [ramHitCount, warmHitCount, coldHitCount].map { percent(Double($0) / hits) }
        return [
            "\(grouped(vectorCount)) x \(grouped(dimension))", setting, traffic, grouped(queryCount),
            dollars(aloneDollars),
            "\(dollars(queryDollars)) + \(dollars(fillDollars))", percent(share),
            percent(Double(localQueryCount) / Double(max(1, queryCount))), places.joined(separator: ", "),
            "\(dollars(attachDollars)), \(queries(attachQueries))",
            syncDollars.map { "\(dollars($0)), \(queries(syncQueries))" } ?? "",
        ]
    }

    /// Whether the bars are kept: what may be spent, the agreement of the two accounts, and a mirror that asks nothing.
    var isKept: Bool {
        accountGap < 1e-6 && !(isBounded && violationCount > 0) && !(isMirror && share >= 0.01)
    }

    var verdict: String {
        "\(setting), \(traffic), \(vectorCount) x \(dimension): after \(violationCount) queries over what S3 Vectors "
            + "alone would have taken and \(dollars(Spending.seedCredit)); closest \(closestDollars); accounts differ by \(accountGap); "
            + "share \(percent(share))"
    }

    private func dollars(_ value: Double) -> String { String(format: value < 0.001 ? "$%.6f" : "$%.4f", value) }
    private func percent(_ value: Double) -> String { String(format: "%.1f %%", 100 * value) }
    private func queries(_ count: Int?) -> String { count.map { "\(grouped($0))" } ?? "never" }

    private func grouped(_ value: Int) -> String {
        var digits = String(value), out = ""
        while digits.count > 3 {
            out = "," + digits.suffix(3) + out
            digits.removeLast(3)
        }
        return digits + out
    }
}
