import ArgumentParser
import MemVec

/// Settings that are saved with the collection, and stay until they are set anew.
struct SettingOptions: ParsableArguments {
    @Option(help: "Recall@10 that answers aim at, 0.5 to 0.9999 (0.98).")
    var recall: String?
    @Option(help: "The part of it that the index must reach (by default the allowance is split).")
    var indexRecall: String?
    @Option(help: "The part of it that skipping the cold store may cost (by default the allowance is split).")
    var retainedRecall: String?
    @Option(help: "A FAISS factory string such as IVF4096,PQ64; Flat for none; auto.")
    var index: String?
    @Option(help: "Train by itself when it is worth it: on or off.", completion: .list(["on", "off"]))
    var autoTrain: String?
    @Option(help: "Which missing candidates are fetched: calibrated, off (all), threshold:X[,best|kth] or qvcache[:D].")
    var policy: String?
    @Option(
        help: "How the cold store is asked for what is missing: get (vectors), query (answers), auto (by price).",
        completion: .list(["get", "query", "auto"]))
    var coldPath: String?
    @Option(help: "US dollars a day (UTC) that queries may cost at the cold store; over it they are partial; or off.")
    var coldBudget: String?
    @Option(help: "Size of the RAM tier, such as 512MiB or 10%.")
    var ramBudget: String?
    @Option(help: "Size of the warm file of a remote collection, such as 20GiB or 50% (of the free disk).")
    var warmBudget: String?
    @Option(
        help: "What leaves a full RAM tier: s3fifo, lru, lfu, sieve or hybrid.",
        completion: .list(["s3fifo", "lru", "lfu", "sieve", "hybrid"]))
    var eviction: String?
    @Option(help: "Age after which cached bytes of a remote vector are fetched again, such as 15m; or off.")
    var cacheTTL: String?
    @Option(
        help: "Keep every vector of a remote collection in its warm file, as far as the budget goes: on or off.",
        completion: .list(["on", "off"]))
    var mirror: String?
    @Option(help: "What each request to a local: cold store takes, such as 80ms; or off.")
    var simulateLatency: String?
    @Option(help: "Server of the cold store, where it is not Amazon's: http://127.0.0.1:8080; or none.")
    var endpoint: String?
    @Option(help: "AWS region of the cold store, where AWS's own settings do not say it; or none.")
    var region: String?
    @Option(help: "AWS profile for the cold store, where AWS's own settings do not say it; or none.")
    var profile: String?

    /// By the names of ``CollectionSettings``.
    var changes: [String: String] {
        [
            "recall": recall, "index-recall": indexRecall, "retained-recall": retainedRecall, "index": index,
            "auto-train": autoTrain, "policy": policy, "cold-path": coldPath, "cold-budget": coldBudget,
            "ram-budget": ramBudget, "warm-budget": warmBudget, "eviction": eviction, "cache-ttl": cacheTTL,
            "simulate-latency": simulateLatency,
            "mirror": mirror, "endpoint": endpoint, "region": region, "profile": profile,
        ].compactMapValues { $0 }
    }

    /// Says what is wrong before anything is opened.
    func validate() throws {
        var settings = try CollectionSettings()
        for (name, text) in changes.sorted(by: { $0.key < $1.key }) {
            do { try settings.set(name, to: text) } catch { throw ValidationError("--\(error)") }
        }
    }
}
