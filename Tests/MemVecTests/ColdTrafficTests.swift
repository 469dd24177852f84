import Testing
import Tiers
import Vectors

@testable import MemVec

@Test("a collection that plays a store is charged as one; answers say what it cost and where the time went")
func chargedCollection() async throws {
    let far = TemporaryFolder(), near = TemporaryFolder(), vectors = clustered(400, 16, seed: 6)
    let behind = try await VectorCollection.create(
        at: far.path, CollectionConfiguration(dimension: 16, metric: .euclidean), options: smallMap)
    try await behind.put((0..<400).map { try VectorRecord(key: "k\($0)", values: vectors[$0]) })
    try await behind.close()
    var options = smallMap
    options.localPrices = FixedCosts().prices
    options.changes = ["cold-path": "get", "policy": "off", "warm-budget": "1kB", "ram-budget": "1kB"]
    let collection = try await VectorCollection.create(
        at: near.path, CollectionConfiguration(dimension: 16, metric: .euclidean, cold: "local:" + far.path),
        options: options)
    _ = try await collection.attach()
    try await collection.train()
    let before: ColdTraffic = try #require(try collection.coldTraffic)
    var requests = 0, keys = 0, dollars = 0.0
    for vector in vectors.prefix(20) {
        let provenance = try await collection.query(vector).provenance
        let use = provenance.cold, time = provenance.time
        #expect(time.decision > 0 && time.cold > 0)
        #expect(time.filter + time.index + time.lookup + time.decision + time.cold + time.finish <= time.total)
        (requests, keys, dollars) = (requests + use.requestCount, keys + use.keyCount, dollars + use.dollars)
        #expect(use.aloneDollars > 0)
    }
    let spent = try await collection.settledSpending().onlineDollars
    let traffic = try #require(try collection.coldTraffic) - before
    #expect(requests > 0 && traffic.requestCount == requests && traffic.keyCount == keys)
    #expect(abs(traffic.dollars - dollars) < 1e-9 && abs(spent - dollars) < 1e-9)
    #expect(traffic.receivedByteCount >= 64 * keys && traffic.queryCount == 0 && traffic.failureCount == 0)
    try await collection.close()
    let local = try await VectorCollection.open(at: far.path, options: smallMap)
    #expect(try local.coldTraffic == nil)
    try await local.close()
}
