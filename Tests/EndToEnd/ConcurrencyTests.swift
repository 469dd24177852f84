import Foundation
import MemVec
import Synchronization
import Testing
import Workload

@Suite("Concurrency", .serialized)
struct ConcurrencyTests {
    @Test(
        "eight readers and two writers never see an old vector, a dead key or half a write", arguments: Metric.allCases)
    func readersAndWriters(metric: Metric) async throws {
        let folder = try TemporaryFolder(), seed = Run.seed
        var settings = try CollectionSettings()
        settings.autoTrain = false
        settings.ramBudget = .bytes(32 << 10)
        settings.index = "IVF16,PQ4"
        let collection = try await VectorCollection.create(
            at: folder.path, CollectionConfiguration(dimension: Crowd.dimension, metric: metric, settings: settings),
            options: smallMap())
        let readOnly = try await VectorCollection.open(at: folder.path, options: smallMap(readOnly: true))
        let crowd = Crowd(collection: collection, readOnly: readOnly, metric: metric, seed: seed)
        try await crowd.fill()
        // Full: a minute by the clock. Short: a number of steps.
        let end = ContinuousClock.now + .seconds(Run.isFull ? 60 : 120)
        let steps = Run.isFull ? Int.max : Run.steps(60, full: 600)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<Crowd.writerCount {
                group.addTask { try await crowd.write(writer, steps: steps, until: end) }
            }
            for reader in 0..<8 { group.addTask { try await crowd.read(reader, until: end) } }
            group.addTask { try await crowd.train(until: end) }
            try await group.waitForAll()
        }
        let problems = crowd.problems.withLock { $0 }
        #expect(problems.isEmpty, "seed \(seed)")
        let report = try await collection.verify()
        #expect(report.isSound, "seed \(seed): \(report.problems)")
        print("concurrency: seed \(seed), \(metric): \(crowd.tally())")
        #expect(crowd.answers.load(ordering: .relaxed) > 20)
    }
}

/// Readers and writers on one collection, and what they must see.
final class Crowd: Sendable {
    static let dimension = 12
    static let keyCount = 1600
    static let writerCount = 2
    let collection: VectorCollection
    /// The same folder, opened beside it: every second reader asks there.
    let readOnly: VectorCollection
    let metric: Metric
    let seed: UInt64
    let history = KeyedHistory()
    let problems = Mutex<[String]>([])
    let answers = Atomic(0), writes = Atomic(0), trainings = Atomic(0)
    private let writing = Atomic(Crowd.writerCount)

    init(collection: VectorCollection, readOnly: VectorCollection, metric: Metric, seed: UInt64) {
        self.collection = collection
        self.readOnly = readOnly
        self.metric = metric
        self.seed = seed
    }

    func tally() -> String {
        [
            ("answers", answers.load(ordering: .relaxed)), ("writes", writes.load(ordering: .relaxed)),
            ("trainings", trainings.load(ordering: .relaxed)),
        ].map { "\($1) \($0)" }.joined(separator: ", ")
    }

    func fill() async throws {
        try await apply(.put((0..<Self.keyCount).map { KeyedVersion(key: $0, version: 0) }))
    }

    private func isOver(_ end: ContinuousClock.Instant) -> Bool {
        writing.load(ordering: .acquiring) == 0 || ContinuousClock.now > end
            || problems.withLock { !$0.isEmpty }
    }

    func write(_ writer: Int, steps: Int, until end: ContinuousClock.Instant) async throws {
        defer { writing.wrappingSubtract(1, ordering: .releasing) }
        var stream = KeyedOperations(
            seed: seed, writer: writer, writerCount: Self.writerCount, keyCount: Self.keyCount, largestBatch: 20,
            firstVersion: 0)
        var step = 0
        while step < steps, !isOver(end) {
            let operation = stream.next()
            try await apply(operation)
            try await checkOwn(operation)
            writes.wrappingAdd(1, ordering: .relaxed)
            step += 1
        }
    }

    private func apply(_ operation: KeyedOperation) async throws {
        history.begin(operation)
        switch operation {
        case .put(let items): try await collection.put(items.map { try $0.record(dimension: Self.dimension) })
        case .delete(let keys):
            try await collection.delete(keys: keys.map { KeyedVersion(key: $0, version: 0).name })
        case .metadata(let item):
            do {
                try await collection.setMetadata(Metadata(json: item.metadata), ofKey: item.name)
            } catch MemVecError.notFound {
                // Deleted before: nothing changes.
            }
        case .train, .reopen, .compact: break
        }
        history.acknowledge(operation)
    }

    /// What a writer wrote it can read as soon as it was acknowledged: nobody else writes its keys.
    private func checkOwn(_ operation: KeyedOperation) async throws {
        switch operation {
        case .put(let items):
            guard let item = items.last else { return }
            let vector = item.vector(dimension: Self.dimension)
            let hit = try await collection.query(vector, k: 1).hits.first
            // Under cosine the distance to itself may be an ulp off zero.
            if hit?.key.text != item.name || (hit?.distance ?? 1) > 1e-6 {
                report("\(item) was put and its vector finds \(hit.map { "\($0)" } ?? "nothing")")
            }
            let record = try await collection.get([item.name])[0]
            if record?.values != vector { report("\(item) was put and get gives another vector") }
        case .delete(let keys):
            let names = keys.map { KeyedVersion(key: $0, version: 0).name }
            if try await collection.get(names).contains(where: { $0 != nil }) { report("\(names) are there again") }
        case .metadata, .train, .reopen, .compact:
            break
        }
    }

    func read(_ reader: Int, until end: ContinuousClock.Instant) async throws {
        var random = SplitMix64(seed: seed ^ UInt64(reader + 1) << 32)
        let asked = reader % 2 == 0 ? collection : readOnly
        while !isOver(end) {
            let probe = KeyedVersion(key: random.below(Self.keyCount), version: random.below(50))
            var options = QueryOptions()
            options.wantsVectors = true
            options.wantsMetadata = true
            let group = random.below(10)
            if random.below(3) == 0 { options.filter = try Filter(json: #"{"group":\#(group)}"#) }
            options.isExact = random.below(4) == 0
            let query = probe.vector(dimension: Self.dimension)
            let moment = history.moment()
            let answer = try await asked.query(query, k: 10, options: options)
            check(answer, query, since: moment, group: options.filter == nil ? nil : group)
            answers.wrappingAdd(1, ordering: .relaxed)
        }
    }

    private func check(_ answer: Answer, _ query: [Float], since moment: [Int: Int], group: Int?) {
        let hits = answer.hits
        if Set(hits.map(\.key)).count != hits.count { report("a key twice: \(hits.map(\.key))") }
        // Far more than ten keys are live and match at every moment.
        if hits.count != 10 { report("\(hits.count) hits of 10, run again \(answer.provenance.rerunCount) times") }
        if !zip(hits, hits.dropFirst()).allSatisfy({ $0.distance <= $1.distance }) { report("not in order: \(hits)") }
        for hit in hits {
            guard let vector = hit.vector, let metadata = hit.metadata, let key = Int(hit.key.text.dropFirst(4)) else {
                report("\(hit.key) came without vector or metadata")
                continue
            }
            let allowed = history.versions(of: key, since: moment).compactMap { $0 }
            if !allowed.contains(where: {
                KeyedVersion(key: key, version: $0).vector(dimension: Self.dimension) == vector
            }) {
                report("\(hit.key) came with a vector that none of its versions \(allowed) has")
            }
            let right = distance(metric, query, vector)
            if abs(right - Double(hit.distance)) > 1e-4 * max(1, right) {
                report("\(hit.key) is at \(right), not at \(hit.distance)")
            }
            if let group, metadata["group"]?.double != Double(group) { report("\(hit.key) does not match the filter") }
        }
    }

    func train(until end: ContinuousClock.Instant) async throws {
        while !isOver(end) {
            _ = try await collection.train()
            trainings.wrappingAdd(1, ordering: .relaxed)
        }
    }

    private func report(_ text: String) {
        problems.withLock { if $0.count < 10 { $0.append(text) } }
    }
}
