import MemVec
import Router

/// What queries take with 20 % of the rows at hand, 5 % in RAM and the rest in the warm file, when a call of the store
/// takes 80 ms, a fifth more or less; and where the time goes.
enum Latency {
    private static let callMilliseconds = 80.0

    static func measure(_ pair: Pair, _ centres: [[Float]]) async throws {
        let traffic = try Traffic.named("main", centres, count: 44_000)
        let bytes = Int(0.2 * Double(pair.rowCount) * Double(4 * pair.dimension + 16))
        let settings = [
            "ram-budget": pair.ramBudget(0.05), "warm-budget": "\(bytes)B", "policy": "calibrated",
            "retained-recall": "0.99",
        ]
        let warming = try await pair.open(settings)
        _ = try await Tally.of(traffic, 0..<40_000, warming, recall: false)
        try await warming.close()
        let collection = try await pair.reopen(settings, ["simulate-latency": "\(Int(callMilliseconds))ms"])
        // What the reopen brings back to RAM comes in the background.
        try await collection.settleTiers()
        var times: [Provenance.StageTimes] = [], local = 0
        for number in 40_000..<44_000 {
            let use = try await collection.query(traffic.vector(number), k: 10).provenance
            times.append(use.time)
            local += use.cold.requestCount == 0 ? 1 : 0
        }
        try await collection.close()
        func percentile(_ share: Double, _ stage: (Provenance.StageTimes) -> UInt64, _ among: [Provenance.StageTimes]) -> Double {
            let sorted = among.map(stage).sorted()
            return sorted.isEmpty ? 0 : Double(sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]) / 1e6
        }
        let p50 = percentile(0.5, \.total, times), p99 = percentile(0.99, \.total, times)
        let isKept = p50 <= 1 && p99 <= 1.2 * callMilliseconds
        Report.line("\n4,000 queries of main after 40,000, 5 % of the rows in RAM, 20 % on the SSD, 80 ms a call")
        Report.line(
            "\(Report.kept(isKept)) p50 \(Report.number(p50, 3)) ms, p95 \(Report.number(percentile(0.95, \.total, times), 1)), "
                + "p99 \(Report.number(p99, 1)) ms; \(Report.number(100 * Double(local) / Double(times.count), 1)) % without the store")
        let stages: [(String, (Provenance.StageTimes) -> UInt64)] = [
            ("index", \.index), ("lookup", \.lookup), ("decision", \.decision), ("cold", \.cold), ("finish", \.finish),
            ("total", \.total),
        ]
        Report.line("| ms | p50 without the store | p50 with it | p99 of all |\n|---|---|---|---|")
        let without = times.filter { $0.cold < 1_000_000 }, with = times.filter { $0.cold >= 1_000_000 }
        for (name, stage) in stages {
            Report.line(
                "| \(name) | \(Report.number(percentile(0.5, stage, without), 3)) | "
                    + "\(Report.number(percentile(0.5, stage, with), 3)) | \(Report.number(percentile(0.99, stage, times), 3)) |")
        }
    }
}
