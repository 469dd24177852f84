import MemVec
import Router
import Vectors

/// Texts: 30,000 descriptions as unit vectors of 384 dimensions, asked for by Zipf's law around 1,000 synopses.
enum Descriptions {
    static let shape = Pair.Shape(metric: .cosine, index: "IVF512,PQ96")
    /// A fifth of a unit vector's length in all.
    private static let sigma: Float = 0.01

    static func measure(_ pair: Pair, _ centres: [[Float]]) async throws {
        let traffic = try Traffic.named("main", centres, count: 20_000, sigma: sigma)
        Report.line("\ndescriptions: 30,000 x 384, cosine, 20,000 queries, the second half, 5 % of the rows in RAM")
        Report.line(Tally.head)
        for (policy, target) in [("off", 0.99), ("calibrated", 0.95), ("calibrated", 0.99), ("calibrated", 0.999)] {
            let collection = try await pair.open([
                "ram-budget": pair.ramBudget(0.05), "policy": policy, "retained-recall": "\(target)",
            ])
            _ = try await Tally.of(traffic, 0..<10_000, collection, recall: false)
            let tally = try await Tally.of(traffic, 10_000..<20_000, collection)
            try await collection.close()
            let isKept = tally.recall >= target - 0.002
            Report.line(tally.row("\(Report.kept(isKept)) \(policy)\(policy == "off" ? "" : " \(target)")"))
        }
    }
}
