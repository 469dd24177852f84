import MemVec
import Vectors

/// What one cell of a load test came to.
struct CellOutcome: Sendable {
    let cell: BenchCell
    /// Of the queries that count.
    let tally: CellTally
    let seconds: Double
    /// At the cell's end.
    let memory: CollectionStatistics.Bytes
    /// All that the store was asked for them, fills and audits included; nil without a store.
    var traffic: ColdTraffic?
    /// Of the sampled queries, against an exact scan; nil where there was none.
    var recall: Double?
    /// Of the sampled queries, against what a fetch of all their candidates answers.
    var retainedRecall: Double?
    /// Nil without a store.
    var calibration: CalibrationStatus?

    var queriesPerSecond: Double { Double(tally.answerCount) / max(seconds, 1e-9) }

    /// Keys of fetches and hits of the store's own answers, a query.
    var keysPerQuery: Double? { traffic.map { Double($0.keyCount) / answers } }
    /// US dollars a million queries.
    var dollarsPerMillion: Double? { traffic.map { 1e6 * $0.dollars / answers } }
    var aloneDollarsPerMillion: Double? { traffic.map { _ in 1e6 * tally.use.aloneDollars / answers } }

    private var answers: Double { Double(max(1, tally.answerCount)) }

    var object: JSONObject {
        var out: JSONObject = [
            "cachePercent": cell.cachePercent, "candidates": cell.candidates, "policy": cell.policy?.description,
            "queries": tally.answerCount, "seconds": seconds, "queriesPerSecond": queriesPerSecond,
            "recall": recall, "retainedRecall": retainedRecall,
        ]
        var latency: JSONObject = [:], service: JSONObject = [:], use: JSONObject = [:], errors: JSONObject = [:]
        tally.latencies.add(to: &latency)
        latency["buckets"] = tally.latencies.buckets
        tally.serviceTimes.add(to: &service)
        tally.use.add(to: &use)
        for (code, count) in tally.errors.sorted(by: { $0.key < $1.key }) { errors[code] = count }
        out["latency"] = latency
        out["service"] = service
        out["use"] = use
        out["errors"] = errors
        out["firstError"] = tally.firstError
        out["store"] = traffic.map { self.store($0) }
        out["calibration"] = calibration?.object
        out["bytes"] =
            [
                "processAnonymous": memory.processAnonymous, "index": memory.index, "ramSlots": memory.ramSlots,
                "ramPolicy": memory.ramPolicy, "residency": memory.residency, "warmFile": memory.warmFile,
            ] as JSONObject
        out["timeline"] = tally.timeline.object
        return out
    }

    private func store(_ traffic: ColdTraffic) -> JSONObject {
        [
            "requests": traffic.requestCount, "keys": traffic.keyCount, "queries": traffic.queryCount,
            "retries": traffic.retryCount, "failures": traffic.failureCount,
            "receivedBytes": traffic.receivedByteCount, "keysPerQuery": keysPerQuery,
            "dollarsPerMillion": dollarsPerMillion, "aloneDollarsPerMillion": aloneDollarsPerMillion,
        ]
    }
}
