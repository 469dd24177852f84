import Foundation
import MemVec
import Testing
import Workload

@Suite("Model")
struct ModelTests {
    @Test(
        "answers are those of a dictionary and brute force, through training and reopening", arguments: Metric.allCases)
    func answers(metric: Metric) async throws {
        let run = try await ModelRun(metric: metric, seed: Run.seed)
        let problem = try await run.problem(steps: Run.steps(120, full: 2000))
        #expect(problem == nil, "seed \(Run.seed)")
        print("model: seed \(Run.seed), \(metric): \(run.queryCount) answers, \(run.trainingCount) trainings")
        #expect(run.trainingCount > 0)
    }

    @Test("a model that forgets deletes is told from the right one")
    func canary() async throws {
        let run = try await ModelRun(metric: .euclidean, seed: Run.seed)
        run.model.forgetsDeletes = true
        let problem = try await run.problem(steps: 120)
        #expect(problem != nil, "seed \(Run.seed)")
    }
}

/// One collection and its model, driven by random steps.
final class ModelRun {
    static let dimension = 12
    static let keyCount = 1500
    let folder: TemporaryFolder
    var collection: VectorCollection
    var model = KeyedModel()
    var truth: BruteForce
    var random: SplitMix64
    var stream: KeyedOperations
    var latest = 0
    private(set) var queryCount = 0
    private(set) var trainingCount = 0

    init(metric: Metric, seed: UInt64) async throws {
        folder = try TemporaryFolder()
        random = SplitMix64(seed: seed)
        truth = BruteForce(metric: metric, dimension: Self.dimension)
        stream = KeyedOperations(
            seed: seed, writer: 0, writerCount: 1, keyCount: Self.keyCount, largestBatch: 60, firstVersion: 0)
        var settings = try CollectionSettings()
        settings.autoTrain = false
        settings.ramBudget = .bytes(32 << 10)
        settings.index = "IVF16,PQ4"
        collection = try await VectorCollection.create(
            at: folder.path, CollectionConfiguration(dimension: Self.dimension, metric: metric, settings: settings),
            options: smallMap())
    }

    /// The first difference between collection and model in `steps` steps.
    func problem(steps: Int) async throws -> String? {
        let all = (0..<Self.keyCount).map { KeyedVersion(key: $0, version: 0) }
        try await write(.put(all))
        for step in 0..<steps {
            try await write(random.below(40) == 0 ? upkeep() : stream.next())
            if step == steps / 2 { try await write(.train) }
            if random.below(15) == 0 { try await deleteMatching() }
            for _ in 0..<2 {
                if let problem = try await query() { return "step \(step): \(problem)" }
            }
            if let problem = try await records() { return "step \(step): \(problem)" }
        }
        let report = try await collection.verify()
        return report.problems.first
    }

    private func upkeep() -> KeyedOperation { [.reopen, .train, .compact][random.below(3)] }

    private func write(_ operation: KeyedOperation) async throws {
        switch operation {
        case .put(let items):
            latest = max(latest, items.map(\.version).max() ?? 0)
            try await collection.put(items.map { try $0.record(dimension: Self.dimension) })
        case .delete(let keys):
            let count = try await collection.delete(keys: keys.map { KeyedVersion(key: $0, version: 0).name })
            if !model.forgetsDeletes { #expect(count == keys.filter { model.entries[$0] != nil }.count) }
        case .metadata(let item):
            let isThere = try await collection.get([item.name], wantsVectors: false)[0] != nil
            guard isThere else { break }
            latest = max(latest, item.version)
            try await collection.setMetadata(Metadata(json: item.metadata), ofKey: item.name)
        case .train:
            do {
                _ = try await collection.train()
                trainingCount += 1
            } catch MemVecError.tooFewRows {
                #expect(model.entries.count < 900)
            }
        case .reopen, .compact:
            try await collection.close()
            if operation == .compact { _ = try await VectorCollection.compact(at: folder.path, mapBytes: 1 << 30) }
            collection = try await VectorCollection.open(at: folder.path, options: smallMap())
        }
        model.apply(operation)
    }

    private func deleteMatching() async throws {
        let version = latest - random.below(20), group = random.below(10)
        let filter = try Filter(json: #"{"$and":[{"version":{"$lte":\#(version)}},{"group":\#(group)}]}"#)
        let keys = model.entries.filter { $1.metadata <= version && ($0 + $1.metadata) % 10 == group }.map(\.key)
        let count = try await collection.delete(matching: filter)
        if !model.forgetsDeletes { #expect(count == keys.count) }
        model.apply(.delete(keys))
    }

    /// Asks once by scan and once through the whole index; both must be the model's answer.
    private func query() async throws -> String? {
        let filter = random.below(3) == 0 ? FilterCase.none : FilterCase.random(&random, latest: latest)
        let k = 1 + random.below(40)
        let probe = KeyedVersion(key: random.below(Self.keyCount), version: random.below(latest + 2))
        let vector = probe.vector(dimension: Self.dimension)
        let right = truth.distances(from: vector, in: model, where: filter.passes)
        var options = QueryOptions()
        options.filter = try filter.filter()
        options.wantsMetadata = true
        options.wantsVectors = true
        options.isExact = true
        let exact = try await collection.query(vector, k: k, options: options)
        options.isExact = false
        options.nprobe = 16
        options.candidates = 10_000
        let indexed = try await collection.query(vector, k: k, options: options)
        queryCount += 2
        let asked = "k \(k), filter \(filter.json), probe \(probe)"
        if let problem = BruteForce.problem(with: exact.hits, truth: right, k: k) {
            return "exact, \(asked): \(problem)"
        }
        let same = BruteForce.areSame(exact.hits, indexed.hits)
        if !same { return "the index answers otherwise than the scan: \(asked)" }
        for hit in exact.hits {
            let key = Int(hit.key.text.dropFirst(4)) ?? -1
            guard let entry = model.entries[key], hit.metadata?["version"]?.double == Double(entry.metadata),
                hit.vector == truth.vector(KeyedVersion(key: key, version: entry.vector))
            else { return "\(hit.key) comes with another vector or metadata: \(asked)" }
        }
        return nil
    }

    /// Counts and gets, and a listing now and then.
    private func records() async throws -> String? {
        let filter = FilterCase.random(&random, latest: latest)
        let matching = model.entries.filter { filter.passes($0, $1.metadata) }
        let count = try await collection.count(matching: filter.filter())
        if count != matching.count { return "count of \(filter.json) is \(count), not \(matching.count)" }
        let key = random.below(Self.keyCount), entry = model.entries[key]
        let record = try await collection.get([KeyedVersion(key: key, version: 0).name])[0]
        let right = entry.map { truth.vector(KeyedVersion(key: key, version: $0.vector)) }
        if record?.values != right { return "get of key \(key) gives another vector" }
        guard random.below(10) == 0 else { return nil }
        var listed: Set<String> = [], position: String?, pages = 0
        repeat {
            let page = try await collection.list(after: position, limit: 100, filter: filter.filter())
            for record in page.records where !listed.insert(record.key.text).inserted {
                return "listed twice: \(record.key)"
            }
            position = page.next
            pages += 1
        } while position != nil && pages < 100
        return listed == Set(matching.keys.map { "key-\($0)" }) ? nil : "the list of \(filter.json) differs"
    }
}
