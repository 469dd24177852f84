import Storage
import Testing
import Tiers

@testable import MemVec

private func numbered(_ range: Range<Int>) throws -> [VectorRecord] {
    let vectors = clustered(range.upperBound, 16, seed: 8)
    return try range.map {
        try VectorRecord(key: "k\($0)", values: vectors[$0], metadata: Metadata(json: #"{"n":\#($0)}"#))
    }
}

/// In RAM for `count` vectors of 16 values.
private func settings(slots count: Int) throws -> CollectionSettings {
    var settings = try CollectionSettings()
    settings.autoTrain = false
    settings.ramBudget = .bytes(64 * count)
    return settings
}

@Test("a pinned key stays in RAM through traffic, overwrites and a reopen, until it is unpinned")
func pinning() async throws {
    let folder = TemporaryFolder()
    var collection = try await VectorCollection.create(
        at: folder.path, CollectionConfiguration(dimension: 16, metric: .euclidean, settings: settings(slots: 20)),
        options: smallMap)
    try await collection.put(numbered(0..<500))
    try await collection.pin(keys: (0..<10).map { "k\($0)" })
    func inRAM(_ key: String) throws -> Bool {
        let engine = try collection.engine()
        let row = try #require(try engine.store.read { try $0.row(of: VectorKey(key)) })
        return engine.tiers.residency.slot(of: row) != nil && engine.tiers.residency.isPinned(row)
    }
    for vector in clustered(200, 16, seed: 9) { _ = try await collection.query(vector, k: 10) }
    for key in 0..<10 { #expect(try inRAM("k\(key)")) }
    let quota = await #expect(throws: (any Error).self) { try await collection.pin(keys: ["k11"]) }
    #expect(ErrorCode.of(try #require(quota)) == "pin_quota_exceeded")
    await #expect(throws: MemVecError.self) { try await collection.pin(keys: ["k1", "absent"]) }

    try await collection.put([VectorRecord(key: "k3", values: [Float](repeating: 7, count: 16))])
    #expect(try inRAM("k3"))
    try await collection.unpin(keys: ["k4", "k499", "absent"])
    #expect(try !collection.engine().tiers.residency.isPinned(Row(4)))
    try await collection.close()
    collection = try await VectorCollection.open(at: folder.path, options: smallMap)
    #expect(collection.openingNotes == [])
    #expect(try Set(collection.pinnedKeys()) == Set((0..<10).filter { $0 != 4 }.map { "k\($0)" }))
    for key in [0, 3, 9] { #expect(try inRAM("k\(key)")) }
    // Room for it again.
    try await collection.pin(keys: ["k11"])
    #expect(try inRAM("k11"))
    try await collection.close()
}

@Test("pins that a smaller RAM budget does not hold are said at open and kept")
func pinsBeyondBudget() async throws {
    let folder = TemporaryFolder()
    var collection = try await VectorCollection.create(
        at: folder.path, CollectionConfiguration(dimension: 16, settings: settings(slots: 20)), options: smallMap)
    try await collection.put(numbered(0..<50))
    try await collection.pin(keys: (0..<8).map { "k\($0)" })
    try await collection.close()
    var options = smallMap
    options.changes = ["ram-budget": "384B"]
    collection = try await VectorCollection.open(at: folder.path, options: options)
    #expect(collection.openingNotes.count == 1 && collection.openingNotes[0].contains("pinned"))
    #expect(try collection.pinnedKeys().count == 8)
    try await collection.close()
}

@Test("the list of pins comes back from its bytes, and damage to it loses pins, nothing else")
func pinBytes() throws {
    let keys = try Set(["a", "né", String(repeating: "x", count: 1024)].map { try VectorKey($0) })
    let bytes = PinnedKeys.encode(keys)
    #expect(PinnedKeys.decode(bytes) == keys)
    for cut in 0..<bytes.count { #expect(PinnedKeys.decode(Array(bytes.prefix(cut))).isSubset(of: keys)) }
    #expect(PinnedKeys.decode([255, 255, 1]) == [])
}

@Test("warming a remote brings what its warm tier holds, what is pinned comes into RAM, and neither asks twice")
func warming() async throws {
    let far = TemporaryFolder(), near = TemporaryFolder()
    let behind = try await VectorCollection.create(
        at: far.path, CollectionConfiguration(dimension: 16, metric: .euclidean), options: smallMap)
    try await behind.put(numbered(0..<900))
    try await behind.close()
    var settings = try settings(slots: 40)
    settings.warmBudget = try Budget("4MB")
    let collection = try await VectorCollection.create(
        at: near.path,
        CollectionConfiguration(dimension: 16, metric: .euclidean, cold: "local:" + far.path, settings: settings),
        options: smallMap)
    try await collection.put(numbered(0..<900))
    // As after the loss of the warm tier.
    try await collection.close()
    try Files.remove(near.path + "/g1/warm")
    let again = try await VectorCollection.open(at: near.path, options: smallMap)
    let filter = try Filter(json: #"{"n":{"$lt":300}}"#)
    var report = try await again.warm(matching: filter)
    #expect(report == .init(wanted: 300, present: 0, fetched: 300))
    report = try await again.warm(matching: filter)
    #expect(report == .init(wanted: 300, present: 300, fetched: 0))
    try await again.pin(keys: ["k700"])
    let row = try #require(try again.engine().store.read { try $0.row(of: VectorKey("k700")) })
    try again.engine().tiers.ram.drain()
    #expect(try again.engine().tiers.residency.slot(of: row) != nil)
    let all = try await again.warm()
    #expect(all.wantedCount == 900 && all.presentCount + all.fetchedCount == 900)
    try await again.close()
    let local = try await VectorCollection.open(at: far.path, options: smallMap)
    #expect(try await local.warm() == .init(wanted: 900, present: 900, fetched: 0))
    try await local.close()
}

extension WarmReport {
    fileprivate init(wanted: Int, present: Int, fetched: Int) {
        self.init()
        wantedCount = wanted
        presentCount = present
        fetchedCount = fetched
    }
}

@Test("pins and unpins at the same time are all remembered")
func pinsAtOnce() async throws {
    let folder = TemporaryFolder()
    let collection = try await VectorCollection.create(
        at: folder.path, CollectionConfiguration(dimension: 16, metric: .euclidean, settings: settings(slots: 100)),
        options: smallMap)
    try await collection.put(numbered(0..<100))
    try await collection.pin(keys: ["k40"])
    try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<40 { group.addTask { try await collection.pin(keys: ["k\(number)"]) } }
        group.addTask { try await collection.unpin(keys: ["k40"]) }
        try await group.waitForAll()
    }
    #expect(try Set(collection.pinnedKeys()) == Set((0..<40).map { "k\($0)" }))
    try await collection.close()
}
