import Storage
import Testing
import Tiers

@testable import MemVec

@Test("statistics say how much of each tier is taken, and the heat of the live rows adds up to them")
func tierStatistics() async throws {
    let folder = TemporaryFolder()
    var settings = try CollectionSettings()
    settings.autoTrain = false
    settings.ramBudget = .bytes(64 * 20)
    let collection = try await VectorCollection.create(
        at: folder.path, CollectionConfiguration(dimension: 16, metric: .euclidean, settings: settings),
        options: smallMap)
    let vectors = clustered(200, 16, seed: 3)
    try await collection.put(try vectors.enumerated().map { try VectorRecord(key: "k\($0)", values: $1) })
    #expect(try collection.heatDistribution().rowCounts == [200])
    for _ in 0..<6 { _ = try await collection.query(vectors[7], k: 1) }
    try await collection.settleTiers()
    try await collection.pin(keys: ["k1"])

    let tiers = try collection.statistics().tiers
    #expect(tiers.ramCapacity == 20 && tiers.ramBudgetBytes == 1280 && tiers.pinnedRows == 1)
    #expect(tiers.ramRows >= 1 && tiers.ramRows <= 20)
    #expect(tiers.warmRows == 200 && tiers.warmBudgetBytes == nil && tiers.misses == 0)

    let heat = try collection.heatDistribution().rowCounts
    #expect(heat.reduce(0, +) == 200 && heat[0] < 200 && heat.last != 0)
    let uses = try collection.engine().tiers.residency.uses(of: Row(7))
    #expect(heat.count == HeatDistribution.position(ofUses: uses) + 1)
    try await collection.delete(keys: ["k7"])
    #expect(try collection.heatDistribution().rowCounts.reduce(0, +) == 199)
    try await collection.close()

    // Another process knows what was in RAM when that was saved.
    var options = smallMap
    options.isReadOnly = true
    let reader = try await VectorCollection.open(at: folder.path, options: options)
    #expect(try reader.statistics().tiers.ramRows >= 1)
    try await reader.close()
}

@Test(
    "uses are told by powers of two",
    arguments: [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (7, 3), (8, 4), (65_535, 16)])
func heatPositions(_ uses: Int, _ position: Int) {
    #expect(HeatDistribution.position(ofUses: uses) == position)
    #expect(HeatDistribution.leastUses(at: position) <= uses)
}
