import Foundation
import Router
import Storage
import Testing
import Tiers

@testable import MemVec

/// A remote collection whose store fails one call in five, in every way that there is.
@Suite("a store that fails")
struct FaultyStoreTests {
    private static let kinds: [SimulatedColdStore.Fault] = [
        .throttle(), .error(status: 503), .timeout, .reset, .strangeAnswer, .lostAnswer, .late, .unreachable,
    ]

    private static var seeds: [UInt64] {
        ProcessInfo.processInfo.environment["MEMVEC_SEED"].flatMap { UInt64($0) }.map { [$0] } ?? [1, 2, 3]
    }

    /// What may be stored under a key: what was acknowledged last, and what was sent after it without an answer.
    private struct Model {
        var certain: [Int: [Float]?] = [:]
        var doubtful: [Int: [[Float]?]] = [:]

        func allows(_ values: [Float]?, _ key: Int) -> Bool {
            (certain[key] ?? nil) == values || (doubtful[key] ?? []).contains { $0 == values }
        }
    }

    /// A writer of keys of its own, which notes what became of each write.
    private static func write(
        _ collection: VectorCollection, _ keys: Range<Int>, rounds: Int, seed: UInt64
    ) async throws -> Model {
        var dice = SeededRandom(seed: seed)
        var model = Model()
        for round in 0..<rounds {
            let key = Int.random(in: keys, using: &dice)
            let values: [Float]? =
                Int.random(in: 0..<4, using: &dice) == 0
                ? nil : (0..<8).map { _ in Float.random(in: -1...1, using: &dice) } + [Float(round)]
            do {
                if let values {
                    try await collection.put([try VectorRecord(key: "k\(key)", values: values)])
                } else {
                    try await collection.delete(keys: ["k\(key)"])
                }
                model.certain[key] = .some(values)
                model.doubtful[key] = nil
            } catch MemVecError.cold {
                model.doubtful[key, default: []].append(values)
            }
        }
        return model
    }

    @Test("no acknowledged write is lost, and one key's writes are in order", arguments: seeds)
    func writes(seed: UInt64) async throws {
        let (far, near) = (TemporaryFolder(), TemporaryFolder())
        let collection = try await Self.pair(far, near)
        let store = try #require(try collection.engine().cold?.store as? SimulatedColdStore)
        store.settings.seed = seed
        store.settings.faults = Self.kinds
        store.settings.longestWait = .milliseconds(2)
        store.settings.faultShare = 0.2
        let models = try await withThrowingTaskGroup(of: Model.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    try await Self.write(
                        collection, (writer * 10)..<(writer * 10 + 10), rounds: 60, seed: seed * 10 + UInt64(writer))
                }
            }
            return try await group.reduce(into: [Model]()) { $0.append($1) }
        }
        #expect(store.statistics.faultCount > 20, "MEMVEC_SEED=\(seed)")
        try await collection.close()
        // What was left open is sent again by the next open, which meets no faults.
        let again = try await VectorCollection.open(at: near.path, options: smallMap)
        let problems = try await again.verify().problems
        var options = QueryOptions()
        options.isExact = true
        let here = try await again.query([Float](repeating: 0, count: 9), k: 100, options: options).hits
        try await again.close()
        let behind = try await VectorCollection.open(at: far.path, options: smallMap)
        let there = try await Self.contents(behind)
        try await behind.close()
        #expect(problems == [], "MEMVEC_SEED=\(seed)")
        let lengths = there.mapValues { Self.distance($0, [Float](repeating: 0, count: 9)).squareRoot() }
        let isSame =
            here.count == there.count && here.allSatisfy { abs($0.distance - (lengths[$0.key.text] ?? -9)) < 1e-5 }
        #expect(isSame, "MEMVEC_SEED=\(seed): what is known here is what is stored there")
        for model in models {
            for key in Set(model.certain.keys).union(model.doubtful.keys) {
                let found = there["k\(key)"]
                let isRight = model.allows(found, key)
                #expect(
                    isRight,
                    "MEMVEC_SEED=\(seed), k\(key): round \(found?.last ?? -1), not \(model.certain[key]??.last ?? -1)")
            }
        }
    }

    @Test("every query answers right or says that it is degraded", arguments: seeds)
    func queries(seed: UInt64) async throws {
        let (far, near) = (TemporaryFolder(), TemporaryFolder())
        let collection = try await Self.pair(far, near)
        let vectors = clustered(400, 9, seed: seed)
        try await collection.put(vectors.enumerated().map { try VectorRecord(key: "k\($0)", values: $1) })
        try await collection.close()
        // The warm tier has all that was put: without it the store is needed.
        try Files.remove(near.path + "/g1/warm")
        let again = try await VectorCollection.open(at: near.path, options: smallMap)
        let store = try #require(try again.engine().cold?.store as? SimulatedColdStore)
        store.settings.seed = seed
        store.settings.faults = Self.kinds
        store.settings.longestWait = .milliseconds(2)
        store.settings.faultShare = 0.2
        var options = QueryOptions()
        options.isExact = true
        options.countsAsUse = false
        options.deadlineSeconds = 60
        var counts: [Provenance.Reason: Int] = [:]
        for query in clustered(40, 9, seed: seed + 100) {
            let answer = try await again.query(query, k: 10, options: options)
            counts[answer.provenance.reason, default: 0] += 1
            if answer.provenance.reason == .degraded { continue }
            let truth = vectors.indices.map { ($0, Self.distance(vectors[$0], query)) }.sorted { $0.1 < $1.1 }
            #expect(answer.hits.map(\.key.text) == truth.prefix(10).map { "k\($0.0)" }, "MEMVEC_SEED=\(seed)")
        }
        #expect(
            counts[.exact, default: 0] > 0 && counts.keys.allSatisfy { [.exact, .degraded].contains($0) }, "\(counts)")
        #expect(store.statistics.faultCount > 5, "MEMVEC_SEED=\(seed)")
        try await again.close()
        withExtendedLifetime(far) {}
    }

    /// A remote collection over a local one, with a simulated way between them.
    private static func pair(_ far: TemporaryFolder, _ near: TemporaryFolder) async throws -> VectorCollection {
        let behind = try await VectorCollection.create(
            at: far.path, CollectionConfiguration(dimension: 9, metric: .euclidean), options: smallMap)
        try await behind.close()
        var settings = try CollectionSettings()
        settings.autoTrain = false
        settings.ramBudget = try Budget("20kB")
        settings.warmBudget = try Budget("400kB")
        settings.simulatedLatencySeconds = 0.0001
        return try await VectorCollection.create(
            at: near.path,
            CollectionConfiguration(dimension: 9, metric: .euclidean, cold: "local:" + far.path, settings: settings),
            options: smallMap)
    }

    private static func contents(_ collection: VectorCollection) async throws -> [String: [Float]] {
        let page = try await collection.list(after: nil, limit: 1000, wantsVectors: true)
        return Dictionary(uniqueKeysWithValues: page.records.map { ($0.key.text, $0.values) })
    }

    private static func distance(_ a: [Float], _ b: [Float]) -> Float {
        zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
}
