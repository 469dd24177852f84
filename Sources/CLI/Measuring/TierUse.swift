import MemVec

/// Where the candidates of many answers came from.
struct TierUse {
    private(set) var queries = 0
    private(set) var ram = 0
    private(set) var warm = 0
    private(set) var cold = 0
    /// Candidates that kept their estimates.
    private(set) var estimated = 0
    private(set) var coldRequests = 0
    private(set) var coldKeys = 0
    private(set) var coldBytes = 0
    private(set) var queriesWithoutCold = 0
    private(set) var byReason: [String: Int] = [:]

    mutating func add(_ answer: Provenance) {
        queries += 1
        ram += answer.ramCount
        warm += answer.warmCount
        cold += answer.coldCount
        estimated += answer.missingCount - answer.coldCount
        coldRequests += answer.cold.requestCount
        coldKeys += answer.cold.keyCount
        coldBytes += answer.cold.byteCount
        if answer.cold.requestCount == 0 { queriesWithoutCold += 1 }
        byReason[answer.reason.rawValue, default: 0] += 1
    }

    func add(to object: inout JSONObject) {
        object["candidates"] = ["ram": ram, "warm": warm, "cold": cold, "estimated": estimated] as JSONObject
        object["coldRequests"] = coldRequests
        object["coldKeys"] = coldKeys
        object["coldBytes"] = coldBytes
        object["queriesWithoutCold"] = queriesWithoutCold
        var reasons: JSONObject = [:]
        for (reason, count) in byReason.sorted(by: { $0.key < $1.key }) { reasons[reason] = count }
        object["reasons"] = reasons
    }

    var text: String {
        let all = Double(max(1, ram + warm + cold + estimated))
        let shares = [("ram", ram), ("warm", warm), ("cold", cold), ("estimated", estimated)].filter { $0.1 > 0 }
        let tiers = shares.map { "\($0) \(NumberText.percent(Double($1) / all))" }.joined(separator: ", ")
        return
            "candidates from \(tiers.isEmpty ? "nowhere" : tiers); \(NumberText.count(coldRequests)) requests to the "
            + "store, \(NumberText.count(queriesWithoutCold)) queries without any"
    }
}
