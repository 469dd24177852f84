import MemVec
import Router
import Vectors

/// What a stretch of traffic cost, and how well it was answered.
struct Tally {
    var queryCount = 0
    var localCount = 0
    var callCount = 0
    /// Of the answers themselves, without what audits had ride along.
    var answerKeys = 0
    var auditCount = 0
    /// Fetched for audits alone, riding or behind the answer.
    var auditKeys = 0
    var kept = 0
    var wanted = 0
    /// Nanoseconds of decisions on queries that missed something.
    var decisions: [UInt64] = []
    /// Expected by the policy, where it left something out.
    var expectedLoss = 0.0

    var decisionMicroseconds: Double { Double(decisions.isEmpty ? 0 : decisions.sorted()[decisions.count / 2]) / 1e3 }
    var recall: Double { Double(kept) / Double(max(1, wanted)) }
    var localShare: Double { 100 * Double(localCount) / Double(max(1, queryCount)) }
    func each(_ number: Int) -> Double { Double(number) / Double(max(1, queryCount)) }

    /// Over `range` of `traffic`, one query after another: what is fetched for one is at hand for the next.
    static func of(
        _ traffic: Traffic, _ range: Range<Int>, _ collection: VectorCollection, policy: PolicyName? = nil,
        recall: Bool = true, k: Int = 10
    ) async throws -> Tally {
        var tally = Tally()
        var options = QueryOptions()
        options.filter = traffic.filter
        options.policy = policy
        let before = try collection.statistics().remote?.calibration.auditKeys ?? 0
        for number in range {
            let answer = try await collection.query(traffic.vector(number), k: k, options: options)
            let use = answer.provenance
            tally.queryCount += 1
            tally.localCount += use.cold.requestCount == 0 ? 1 : 0
            tally.callCount += use.cold.requestCount
            tally.answerKeys += use.cold.keyCount - use.cold.auditKeyCount
            tally.auditCount += use.isAudited ? 1 : 0
            if use.missingCount > 0, !use.isAudited { tally.decisions.append(use.time.decision) }
            tally.expectedLoss += 1 - (use.expectedRecall ?? 1)
            if number % 16 == 0 {
                try await collection.settleAudits()
                try await collection.settleTiers()
            }
            guard recall else { continue }
            let wanted = try await traffic.nearest(number, k: k, collection), found = Set(answer.hits.map(\.key.text))
            tally.kept += wanted.count { found.contains($0) }
            tally.wanted += wanted.count
        }
        try await collection.settleAudits()
        tally.auditKeys = (try collection.statistics().remote?.calibration.auditKeys ?? 0) - before
        return tally
    }

    func row(_ name: String) -> String {
        let columns = [
            Report.number(recall, 4), Report.number(localShare, 1), Report.number(each(callCount), 2),
            Report.number(each(answerKeys), 1), Report.number(each(auditKeys), 1), Report.number(each(auditCount), 3),
            Report.number(1 - expectedLoss / Double(max(1, queryCount)), 4),
        ]
        return "| \(name) | " + columns.joined(separator: " | ") + " |"
    }

    static let head =
        "| | retained recall | no S3 % | calls/query | keys/query | audit keys/query | audits/query | expected recall |\n"
        + "|---|---|---|---|---|---|---|---|"
}

extension Tally {
    mutating func add(_ other: Tally) {
        queryCount += other.queryCount
        localCount += other.localCount
        callCount += other.callCount
        answerKeys += other.answerKeys
        auditCount += other.auditCount
        auditKeys += other.auditKeys
        kept += other.kept
        wanted += other.wanted
        expectedLoss += other.expectedLoss
    }
}
