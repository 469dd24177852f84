import Storage
import Testing

@testable import MemVec

/// A local collection, and a remote one in front of it.
private func pair(
    _ metric: Metric, eviction: String = "s3fifo", ram: String = "20kB"
) async throws -> (far: TemporaryFolder, near: TemporaryFolder, collection: VectorCollection) {
    let far = TemporaryFolder(), near = TemporaryFolder()
    let behind = try await VectorCollection.create(
        at: far.path, CollectionConfiguration(dimension: 16, metric: metric), options: smallMap)
    try await behind.close()
    var settings = try CollectionSettings()
    settings.autoTrain = false
    settings.eviction = eviction
    settings.ramBudget = try Budget(ram)
    settings.warmBudget = try Budget("400kB")
    let collection = try await VectorCollection.create(
        at: near.path,
        CollectionConfiguration(dimension: 16, metric: metric, cold: "local:" + far.path, settings: settings),
        options: smallMap)
    return (far, near, collection)
}

private func records(_ vectors: [[Float]]) throws -> [VectorRecord] {
    try vectors.enumerated().map { i, vector in
        try VectorRecord(key: "k\(i)", values: vector, metadata: Metadata(json: #"{"third":\#(i % 3)}"#))
    }
}

@Test(
    "a cache changes time and cost, never the answer: cold, half warm, warm, reopened, evicted",
    arguments: ["s3fifo", "lru", "lfu", "sieve", "hybrid"])
func cacheNeverChangesTheAnswer(eviction: String) async throws {
    for metric in Metric.allCases {
        let vectors = clustered(2000, 16, seed: 12)
        var (far, near, collection) = try await pair(metric, eviction: eviction)
        for start in stride(from: 0, to: 2000, by: 400) {
            try await collection.put(Array(try records(vectors)[start..<start + 400]))
        }
        try await collection.train()
        var options = QueryOptions()
        options.nprobe = 20
        options.candidates = 60
        options.wantsMetadata = true
        var filtered = options
        filtered.filter = try Filter(json: #"{"third":{"$in":[0,2]}}"#)
        var first: [[Hit]] = []
        for round in 0..<4 {
            for (i, query) in clustered(12, 16, seed: 99).enumerated() {
                for (j, choice) in [options, filtered].enumerated() {
                    let answer = try await collection.query(query, k: 10, options: choice)
                    #expect(answer.provenance.reason == .complete || answer.provenance.reason == .exact)
                    let plain = answer.hits.map {
                        Hit(
                            row: $0.row, key: $0.key, distance: $0.distance, isExact: true, source: .warm,
                            metadata: $0.metadata)
                    }
                    if round == 0 { first.append(plain) }
                    #expect(plain == first[2 * i + j], "\(metric) \(eviction) round \(round) query \(i)")
                    #expect(plain.count == 10)
                }
            }
            if round == 1 {
                try await collection.close()
                collection = try await VectorCollection.open(at: near.path, options: smallMap)
            }
        }
        try await collection.close()
        withExtendedLifetime(far) {}
    }
}

@Test("a remote answers as brute force does, follows overwrites and deletes, and opens where it was")
func remoteFollowsWrites() async throws {
    let vectors = clustered(1200, 16, seed: 3)
    var (far, near, collection) = try await pair(.euclidean)
    try await collection.put(try records(vectors))
    try await collection.train()
    try await collection.put([try VectorRecord(key: "k5", values: vectors[5].map { $0 + 100 })])
    #expect(try await collection.delete(keys: ["k6", "absent"]) == 1)
    func nearest(_ vector: [Float]) async throws -> String? {
        try await collection.query(vector, k: 1).hits.first?.key.text
    }
    for reopened in [false, true] {
        if reopened {
            try await collection.close()
            collection = try await VectorCollection.open(at: near.path, options: smallMap)
        }
        #expect(try await nearest(vectors[5].map { $0 + 100 }) == "k5")
        #expect(try await nearest(vectors[5]) != "k5")
        #expect(try await nearest(vectors[6]) != "k6")
        #expect(try await nearest(vectors[7]) == "k7")
        let exact = try await collection.query(vectors[7], k: 5, options: exactly)
        let truth = vectors.indices.filter { $0 != 5 && $0 != 6 }
            .sorted { distance(vectors[$0], vectors[7]) < distance(vectors[$1], vectors[7]) }.prefix(5)
        #expect(exact.hits.map(\.key.text) == truth.map { "k\($0)" })
        #expect(try await collection.verify().problems == [])
    }
    try await collection.close()
    let behind = try await VectorCollection.open(at: far.path, options: smallMap)
    #expect(try await behind.count() == 1199)
    try await behind.close()
}

/// A trained pair whose near side has lost its tiers: every vector is in the store alone.
private func pairWithoutTiers(
    _ vectors: [[Float]]
) async throws -> (far: TemporaryFolder, near: TemporaryFolder, collection: VectorCollection) {
    var (far, near, collection) = try await pair(.euclidean)
    try await collection.put(try records(vectors))
    try await collection.train()
    try await collection.close()
    try Files.remove(near.path + "/g1/warm")
    try Files.remove(near.path + "/g1/heat")
    collection = try await VectorCollection.open(at: near.path, options: smallMap)
    return (far, near, collection)
}

@Test("what somebody else wrote or deleted in the store is never answered from old bytes, and is taken over")
func foreignWrites() async throws {
    let vectors = clustered(1200, 16, seed: 6)
    let (far, near, collection) = try await pairWithoutTiers(vectors)
    let behind = try #require(try collection.engine().cold?.behind)
    let moved = vectors[5].map { $0 + 50 }
    try await behind.put([try VectorRecord(key: "k5", values: moved, metadata: Metadata(json: #"{"third":7}"#))])
    try await behind.delete(keys: ["k25"])
    // Both are near it, and in no tier.
    let first = try await collection.query(vectors[5], k: 10)
    #expect(!first.hits.contains { $0.key.text == "k5" || $0.key.text == "k25" })
    try await collection.engine().foreign.settle()
    #expect(try await collection.count() == 1199)
    let found = try await collection.query(moved, k: 1)
    #expect(found.hits.first?.key.text == "k5" && found.hits.first?.distance == 0)
    #expect(try await collection.count(matching: Filter(json: #"{"third":7}"#)) == 1)
    #expect(try await collection.get(["k25"], wantsVectors: false) == [nil])
    #expect(try await collection.verify().problems == [])
    // A key that is being written here is not: its write decides.
    try await collection.put([try VectorRecord(key: "k5", values: vectors[5])])
    #expect(try await behind.get(["k5"])[0]?.values == vectors[5])
    try await collection.close()
    withExtendedLifetime((far, near)) {}
}

@Test("what the store has otherwise is answered as the store has it, at once: queries, gets, filters, listings")
func foreignWritesAtOnce() async throws {
    let vectors = clustered(1200, 16, seed: 6)
    let (far, near, collection) = try await pairWithoutTiers(vectors)
    var page = SegmentPage(limit: 2000, byteLimit: 1 << 20)
    page.wantsVectors = true
    let listed = try await collection.list(page).records
    #expect(listed.count == 1200)
    #expect(listed.allSatisfy { $0.values == Int($0.key.text.dropFirst()).map { vectors[$0] } })
    let behind = try #require(try collection.engine().cold?.behind)
    // So little that the index still proposes them.
    let moved = vectors.map { $0.map { $0 + 0.001 } }
    for key in [5, 6, 7] {
        try await behind.put([
            try VectorRecord(key: "k\(key)", values: moved[key], metadata: Metadata(json: #"{"third":7}"#))
        ])
    }
    var options = QueryOptions()
    options.countsAsUse = false
    options.wantsMetadata = true
    let answer = try await collection.query(moved[5], k: 1, options: options)
    #expect(answer.hits.map(\.key.text) == ["k5"] && answer.hits.first?.distance == 0)
    #expect(answer.hits.first?.metadata?.fields.count == 1 && answer.provenance.reason == .complete)
    // It matched when it was known last.
    options.filter = try Filter(json: #"{"third":0}"#)
    #expect(try await collection.query(moved[6], k: 10, options: options).hits.allSatisfy { $0.key.text != "k6" })
    #expect(try await collection.get(["k7"])[0]?.values == moved[7])
    try await collection.close()
    withExtendedLifetime(far) {}
}

private let exactly: QueryOptions = {
    var options = QueryOptions()
    options.isExact = true
    return options
}()

private func distance(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
}
