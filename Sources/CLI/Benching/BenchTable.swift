import MemVec

/// The outcomes of a load test as people read them: a row for each cell.
enum BenchTable {
    private struct Column: Sendable {
        let head: String
        let text: @Sendable (CellOutcome) -> String
        /// Left out where no cell has anything there.
        var isOptional = false
    }

    private static let absent = "-"

    private static let columns: [Column] = [
        Column(head: "RAM") { BenchCell.percent($0.cell.cachePercent) },
        Column(head: "cand.", text: { $0.cell.candidates.map { "\($0)" } ?? absent }, isOptional: true),
        Column(head: "policy", text: { $0.cell.policy?.description ?? absent }, isOptional: true),
        Column(head: "queries/s") { NumberText.count(Int($0.queriesPerSecond.rounded())) },
        Column(head: "p50 ms") { milliseconds($0.tally.latencies.percentile(0.5)) },
        Column(head: "p95") { milliseconds($0.tally.latencies.percentile(0.95)) },
        Column(head: "p99") { milliseconds($0.tally.latencies.percentile(0.99)) },
        Column(head: "p99.9") { milliseconds($0.tally.latencies.percentile(0.999)) },
        Column(head: "max") { milliseconds($0.tally.latencies.maxMilliseconds) },
        Column(head: "hits: RAM") { percent($0.tally.use.hitShare(.ram)) },
        Column(head: "SSD") { percent($0.tally.use.hitShare(.warm)) },
        Column(
            head: "S3", text: { $0.traffic == nil ? absent : percent($0.tally.use.hitShare(.cold)) }, isOptional: true),
        Column(
            head: "no S3", text: { $0.traffic == nil ? absent : percent($0.tally.use.localShare) }, isOptional: true),
        Column(head: "keys/q", text: { number($0.keysPerQuery, 1) }, isOptional: true),
        Column(head: "$/M", text: { number($0.dollarsPerMillion, 2) }, isOptional: true),
        Column(head: "S3 alone", text: { number($0.aloneDollarsPerMillion, 2) }, isOptional: true),
        Column(head: "retained", text: { number($0.retainedRecall, 4) }, isOptional: true),
        Column(
            head: "told", text: { $0.traffic == nil ? absent : number($0.tally.use.expectedRecall, 4) },
            isOptional: true),
        Column(head: "recall", text: { number($0.recall, 4) }, isOptional: true),
        Column(head: "MiB") { NumberText.count($0.memory.processAnonymous >> 20) },
        Column(
            head: "errors", text: { $0.tally.errorCount == 0 ? absent : NumberText.count($0.tally.errorCount) },
            isOptional: true),
    ]

    /// Heads and rows, in columns.
    static func text(_ outcomes: [CellOutcome]) -> String {
        let table = columns.compactMap { column -> [String]? in
            let texts = outcomes.map(column.text)
            return column.isOptional && texts.allSatisfy { $0 == absent } ? nil : [column.head] + texts
        }
        return AlignedText.table((0...outcomes.count).map { row in table.map { $0[row] } })
    }

    private static func milliseconds(_ value: Double) -> String { NumberText.fixed(value, value < 10 ? 2 : 0) }
    private static func percent(_ share: Double) -> String { NumberText.percent(share) }

    private static func number(_ value: Double?, _ decimals: Int) -> String {
        value.map { NumberText.fixed($0, decimals) } ?? absent
    }
}
