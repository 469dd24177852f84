import Router
import Storage
import Testing
import Tiers

@testable import MemVec

/// While the cold store is away, an answer is what it was, or says that it is not.
@Test(
    "a store that goes away changes no answer that does not say so, and is asked again later",
    arguments: Metric.allCases, ["s3fifo", "lru", "lfu", "sieve", "hybrid"])
func storeAway(metric: Metric, eviction: String) async throws {
    let far = TemporaryFolder(), near = TemporaryFolder()
    let behind = try await VectorCollection.create(
        at: far.path, CollectionConfiguration(dimension: 16, metric: metric), options: smallMap)
    try await behind.close()
    var settings = try CollectionSettings()
    settings.autoTrain = false
    settings.eviction = eviction
    settings.ramBudget = try Budget("20kB")
    settings.warmBudget = try Budget("400kB")
    settings.simulatedLatencySeconds = 0.0001
    let collection = try await VectorCollection.create(
        at: near.path,
        CollectionConfiguration(dimension: 16, metric: metric, cold: "local:" + far.path, settings: settings),
        options: smallMap)
    let vectors = clustered(1500, 16, seed: 5)
    try await collection.put(
        vectors.enumerated().map { i, vector in
            try VectorRecord(key: "k\(i)", values: vector, metadata: Metadata(json: #"{"third":\#(i % 3)}"#))
        })
    try await collection.train()
    try await collection.close()
    // The warm tier has all that was put: without it the store is needed.
    try Files.remove(near.path + "/g1/warm")
    var again = try await VectorCollection.open(at: near.path, options: smallMap)
    let store = try #require(try again.engine().cold?.store as? SimulatedColdStore)
    var options = QueryOptions()
    options.nprobe = 20
    options.candidates = 60
    // Far longer than it takes, also on a busy machine.
    options.deadlineSeconds = 60
    var filtered = options
    filtered.filter = try Filter(json: #"{"third":{"$in":[0,2]}}"#)
    let queries = clustered(8, 16, seed: 77)
    func ask(_ query: [Float], _ choice: QueryOptions) async throws -> (Provenance.Reason, [String]) {
        let answer = try await again.query(query, k: 10, options: choice)
        return (answer.provenance.reason, answer.hits.map { "\($0.key) \($0.distance)" })
    }
    var first: [[String]] = []
    for query in queries.prefix(4) {
        for choice in [options, filtered] {
            let (reason, hits) = try await ask(query, choice)
            #expect(reason != .degraded)
            first.append(hits)
        }
    }
    store.setAway(true)
    var degraded = 0
    for (i, query) in queries.enumerated() {
        for (j, choice) in [options, filtered].enumerated() {
            let (reason, hits) = try await ask(query, choice)
            #expect(hits.count == 10 && [.complete, .exact, .degraded].contains(reason))
            if reason == .degraded { degraded += 1 } else if i < 4 { #expect(hits == first[2 * i + j]) }
        }
    }
    #expect(degraded > 0, "the store was not needed: the test shows nothing")
    // The circuit breaker's pause is tested where its clock is a virtual one; a reopen begins with a closed circuit.
    try await again.close()
    again = try await VectorCollection.open(at: near.path, options: smallMap)
    for (i, query) in queries.prefix(4).enumerated() {
        for (j, choice) in [options, filtered].enumerated() {
            let (reason, hits) = try await ask(query, choice)
            #expect(reason != .degraded && hits == first[2 * i + j], "\(metric) \(eviction), query \(i)")
        }
    }
    try await again.close()
    withExtendedLifetime(far) {}
}
