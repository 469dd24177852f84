import ArgumentParser
import Foundation
import MemVec

/// The folder that a command works on, and how it prints.
struct CommonOptions: ParsableArguments {
    @Argument(help: "The collection's folder.")
    var folder: String

    @Flag(help: "Print JSON, one object on a line.")
    var json = false
}

/// Settings that are saved with the collection.
struct SettingOptions: ParsableArguments {
    @Option(help: "Recall@10 that answers aim at, 0.5 to 0.9999 (0.98).")
    var recall: String?
    @Option(help: "A FAISS factory string such as IVF4096,PQ64, Flat for none, or auto.")
    var index: String?
    @Option(help: "Train by itself when it is worth it: on or off.")
    var autoTrain: String?
    @Option(help: "What is fetched of missing candidates: off (all) or threshold:X[,best|kth].")
    var policy: String?
    @Option(help: "Bytes of the RAM tier, such as 512MiB or 10%.")
    var ramBudget: String?
    @Option(help: "Bytes of the warm file of a remote collection.")
    var warmBudget: String?
    @Option(help: "What leaves a full RAM tier: s3fifo, lru, lfu, sieve, hybrid.")
    var eviction: String?
    @Option(help: "Age after which cached bytes of a remote vector are fetched again, such as 15m; or off.")
    var cacheTTL: String?

    @Option(help: "What each request to a local: cold store takes, such as 80ms.")
    var simulateLatency: String?

    var changes: [String: String] {
        var out: [String: String] = [:]
        out["recall"] = recall
        out["index"] = index
        out["auto-train"] = autoTrain
        out["policy"] = policy
        out["ram-budget"] = ramBudget
        out["warm-budget"] = warmBudget
        out["eviction"] = eviction
        out["cache-ttl"] = cacheTTL
        out["simulate-latency"] = simulateLatency
        return out
    }
}

extension CommonOptions {
    func open(readOnly: Bool = false, changes: [String: String] = [:]) async throws -> VectorCollection {
        var options = OpenOptions()
        options.isReadOnly = readOnly
        options.changes = changes
        let collection = try await VectorCollection.open(at: folder, options: options)
        for note in collection.openingNotes { Terminal.say("memvec: \(note)") }
        return collection
    }
}
