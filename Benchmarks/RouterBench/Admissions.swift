import MemVec
import Router

/// Rows that the SSD tier lets in for each query of `main`, with hardly any RAM: what it writes is what wears it.
enum Admissions {
    private static let bars = [(share: 0.01, rows: 1.0), (share: 0.05, rows: 1.2)]

    static func measure(_ pair: Pair, _ centres: [[Float]]) async throws {
        let traffic = try Traffic.named("main", centres, count: 40_000)
        Report.line("\nrows let into the warm tier, main: 40,000 queries, the second half; 0.1 % of the rows in RAM")
        Report.line(Tally.head)
        for bar in bars {
            let bytes = Int(bar.share * Double(pair.rowCount) * Double(4 * pair.dimension + 16))
            let collection = try await pair.open([
                "ram-budget": pair.ramBudget(0.001), "warm-budget": "\(bytes)B", "policy": "calibrated",
                "retained-recall": "0.99",
            ])
            _ = try await Tally.of(traffic, 0..<20_000, collection, recall: false)
            let before = try collection.warmWrites
            let tally = try await Tally.of(traffic, 20_000..<40_000, collection)
            let after = try collection.warmWrites
            let rows = tally.each(after.rows - before.rows), written = tally.each(after.bytes - before.bytes)
            try await collection.close()
            Report.line(
                tally.row("\(Report.kept(rows <= bar.rows)) \(Report.number(100 * bar.share, 0)) % warm"),
                "\(Report.number(rows, 2)) rows a query, \(Report.number(written, 0)) bytes written")
        }
    }
}
