import ChildProcesses
import Foundation
import MemVec
import Testing
import Workload

@Suite("Crashes", .serialized)
struct CrashTests {
    private static let dimension = 16
    private static let faultPoints = [
        "store.commit", "store.committed", "store.published", "snapshot.begin", "snapshot.written", "snapshot.named",
        "index.built", "index.installed", "compact.built", "compact.caughtup", "compact.switched",
    ]
    private static let remotePoints = ["remote.intended", "remote.sent"]

    @Test(
        "whatever moment a writer is killed at, what it acknowledged is there and nothing else",
        arguments: [false, true])
    func kills(isRemote: Bool) async throws {
        let seed = Run.seed, rounds = Run.kills / 2
        let points = Self.faultPoints + (isRemote ? Self.remotePoints : [])
        var random = SplitMix64(seed: seed)
        let folder = try TemporaryFolder()
        var model = KeyedModel(), doneCount = 0, inFlightCount = 0, places: [String: Int] = [:]
        for round in 0..<rounds {
            var child = ChildProcess(folder: folder.path)
            var milliseconds = 5 + random.below(396)
            if round % 3 == 0 {
                // A creation can only be killed in the first round.
                let place = round == 0 ? "create.folders" : points[random.below(points.count)]
                let times = place.hasPrefix("store") || place.hasPrefix("remote") ? 1 + random.below(60) : 1
                child.environment["MEMVEC_KILL_AT"] = "\(place):\(times)"
                milliseconds = 5000
            }
            let end = try await child.run(
                ["write", folder.path, "\(round + 1)", "\(seed)"] + (isRemote ? [folder.path + ".far"] : []),
                killAfter: milliseconds)
            let what = Comment("seed \(seed), round \(round), \(milliseconds) ms, \(child.environment)")
            let errors = try child.errors()
            try #require(end.wasKilled, "\(what): status \(end.status): \(errors)")
            places[child.environment["MEMVEC_KILL_AT"] ?? "time", default: 0] += 1
            let log = KeyedModel.read(log: try child.output())
            for operation in log.done { model.apply(operation) }
            doneCount += log.done.count
            inFlightCount += log.inFlight.count
            guard FileManager.default.fileExists(atPath: folder.path + "/memvec.json") else {
                #expect(doneCount == 0, what)
                continue
            }
            let collection = try await VectorCollection.open(at: folder.path, options: smallMap())
            try await check(collection, &model, inFlight: log.inFlight, isRemote: isRemote, what)
            try await queries(collection, model, &random, what)
            try await collection.close()
            guard !Task.isCancelled else { return }
        }
        print("crashes: seed \(seed), \(rounds) kills \(places), \(doneCount) acknowledged, \(inFlightCount) in flight")
        #expect(doneCount > rounds, "too little was done to be a test")
    }

    /// Every key is as the model says; an operation in flight is wholly there or not at all, and the model is told.
    private func check(
        _ collection: VectorCollection, _ model: inout KeyedModel, inFlight: [KeyedOperation], isRemote: Bool,
        _ what: Comment
    ) async throws {
        var found = try await collection.everything()
        if isRemote { try await fetchVectors(of: &found, collection, what) }
        for operation in inFlight {
            var after = model
            after.apply(operation)
            let keys = operation.keys
            if keys.allSatisfy({ Self.matches(found[$0], after.entries[$0], $0) }) {
                model = after
            } else {
                let wrong = keys.filter { !Self.matches(found[$0], model.entries[$0], $0) }
                #expect(wrong.isEmpty, "\(what): half of \(operation.line) is there: \(wrong)")
            }
        }
        let keys = Set(found.keys).union(model.entries.keys)
        let wrong = keys.filter { !Self.matches(found[$0], model.entries[$0], $0) }.sorted()
        try #require(wrong.isEmpty, "\(what): keys \(wrong.prefix(20)) are not as acknowledged")
        let report = try await collection.verify()
        try #require(report.isSound, "\(what): \(report.problems)")
        #expect(collection.openingNotes.isEmpty, "\(what): \(collection.openingNotes)")
    }

    /// The vectors of a remote collection are answered by a query of everything.
    private func fetchVectors(
        of records: inout [Int: VectorRecord], _ collection: VectorCollection, _ what: Comment
    ) async throws {
        var options = QueryOptions()
        options.isExact = true
        options.wantsVectors = true
        let probe = KeyedVersion(key: 0, version: 0).vector(dimension: Self.dimension)
        let answer = try await collection.query(probe, k: 10_000, options: options)
        #expect(answer.provenance.reason == .exact, what)
        for hit in answer.hits { records[Int(hit.key.text.dropFirst(4)) ?? -1]?.values = hit.vector ?? [] }
    }

    private static func matches(_ record: VectorRecord?, _ entry: KeyedModel.Entry?, _ key: Int) -> Bool {
        guard let record, let entry else { return record == nil && entry == nil }
        return record.values == KeyedVersion(key: key, version: entry.vector).vector(dimension: dimension)
            && record.metadata["version"]?.double == Double(entry.metadata)
    }

    /// Sampled keys are found by their own vectors; the index, looked through whole, holds every live key once.
    private func queries(
        _ collection: VectorCollection, _ model: KeyedModel, _ random: inout SplitMix64, _ what: Comment
    ) async throws {
        let keys = model.entries.keys.sorted()
        guard !keys.isEmpty else { return }
        for _ in 0..<10 {
            let key = keys[random.below(keys.count)], version = model.entries[key]?.vector ?? 0
            let item = KeyedVersion(key: key, version: version)
            let answer = try await collection.query(item.vector(dimension: Self.dimension), k: 1)
            #expect(answer.hits.first?.key.text == item.name && answer.hits.first?.distance == 0, what)
        }
        guard try collection.statistics().index != nil else { return }
        var options = QueryOptions()
        options.nprobe = 16
        options.candidates = 100_000
        let probe = KeyedVersion(key: keys[0], version: -1).vector(dimension: Self.dimension)
        let answer = try await collection.query(probe, k: 10_000, options: options)
        #expect(answer.hits.map(\.key.text).sorted() == keys.map { "key-\($0)" }.sorted(), what)
    }
}
