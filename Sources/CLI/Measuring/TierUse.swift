import MemVec
import Vectors

/// Where the candidates and the hits of many answers came from, and what was asked of the store for them.
struct TierUse: Sendable {
    private(set) var queries = 0
    private(set) var ram = 0
    private(set) var warm = 0
    private(set) var cold = 0
    /// Candidates that kept their estimates.
    private(set) var estimated = 0
    private(set) var hitsBySource: [Hit.Source: Int] = [:]
    private(set) var coldRequests = 0
    private(set) var coldKeys = 0
    private(set) var coldBytes = 0
    private(set) var queriesWithoutCold = 0
    private(set) var audits = 0
    /// US dollars that the store alone would have taken.
    private(set) var aloneDollars = 0.0
    private(set) var byReason: [String: Int] = [:]
    private var expectedLoss = 0.0

    mutating func add(_ answer: Answer) {
        let use = answer.provenance
        queries += 1
        ram += use.ramCount
        warm += use.warmCount
        cold += use.coldCount
        estimated += max(0, use.missingCount - use.coldCount)
        for hit in answer.hits { hitsBySource[hit.source, default: 0] += 1 }
        coldRequests += use.cold.requestCount
        coldKeys += use.cold.keyCount
        coldBytes += use.cold.byteCount
        if use.cold.requestCount == 0 { queriesWithoutCold += 1 }
        if use.isAudited { audits += 1 }
        aloneDollars += use.cold.aloneDollars
        expectedLoss += 1 - (use.expectedRecall ?? 1)
        byReason[use.reason.rawValue, default: 0] += 1
    }

    mutating func add(_ other: TierUse) {
        queries += other.queries
        ram += other.ram
        warm += other.warm
        cold += other.cold
        estimated += other.estimated
        hitsBySource.merge(other.hitsBySource, uniquingKeysWith: +)
        coldRequests += other.coldRequests
        coldKeys += other.coldKeys
        coldBytes += other.coldBytes
        queriesWithoutCold += other.queriesWithoutCold
        audits += other.audits
        aloneDollars += other.aloneDollars
        byReason.merge(other.byReason, uniquingKeysWith: +)
        expectedLoss += other.expectedLoss
    }

    /// As the answers told it.
    var expectedRecall: Double { 1 - expectedLoss / Double(max(1, queries)) }

    /// The share of all hits that were scored there.
    func hitShare(_ source: Hit.Source) -> Double {
        Double(hitsBySource[source] ?? 0) / Double(max(1, hitsBySource.values.reduce(0, +)))
    }

    var localShare: Double { Double(queriesWithoutCold) / Double(max(1, queries)) }

    func add(to object: inout JSONObject) {
        object["candidates"] = ["ram": ram, "warm": warm, "cold": cold, "estimated": estimated] as JSONObject
        var hits: JSONObject = [:]
        for source in Hit.Source.allCases { hits[source.rawValue] = hitsBySource[source] ?? 0 }
        object["hits"] = hits
        object["coldRequests"] = coldRequests
        object["coldKeys"] = coldKeys
        object["coldBytes"] = coldBytes
        object["queriesWithoutCold"] = queriesWithoutCold
        object["audits"] = audits
        object["expectedRecall"] = expectedRecall
        var reasons: JSONObject = [:]
        for (reason, count) in byReason.sorted(by: { $0.key < $1.key }) { reasons[reason] = count }
        object["reasons"] = reasons
    }
}
