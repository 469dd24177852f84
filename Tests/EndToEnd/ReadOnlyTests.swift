import ChildProcesses
import Foundation
import MemVec
import Testing
import Workload

@Suite("Read-only opens", .serialized)
struct ReadOnlyTests {
    private static let dimension = 12

    @Test("what a writer has acknowledged, read-only opens answer: in the same process and in another")
    func follow() async throws {
        let folder = try TemporaryFolder(), seed = Run.seed
        var random = SplitMix64(seed: seed)
        var stream = KeyedOperations(
            seed: seed, writer: 0, writerCount: 1, keyCount: 1500, largestBatch: 60, firstVersion: 0)
        var settings = try CollectionSettings()
        settings.autoTrain = false
        settings.ramBudget = .bytes(32 << 10)
        settings.index = "IVF16,PQ4"
        var writer = try await VectorCollection.create(
            at: folder.path,
            CollectionConfiguration(dimension: Self.dimension, metric: .euclidean, settings: settings),
            options: smallMap())
        try await writer.put((0..<1500).map { try KeyedVersion(key: $0, version: 0).record(dimension: Self.dimension) })
        let beside = try await VectorCollection.open(at: folder.path, options: smallMap(readOnly: true))
        let child = try ReadingChild(folder: folder.path)
        defer { child.end() }
        let steps = Run.steps(60, full: 1000)
        for step in 0..<steps {
            switch step % 15 {
            case 5, 6: _ = try await writer.train()
            case 11:
                try await writer.close()
                writer = try await VectorCollection.open(at: folder.path, options: smallMap())
            default: try await apply(stream.next(), to: writer)
            }
            let probe = KeyedVersion(key: random.below(1500), version: random.below(step + 1)), k = 1 + random.below(50)
            var options = QueryOptions()
            options.nprobe = 16
            options.candidates = 10_000
            let vector = probe.vector(dimension: Self.dimension)
            let right = try await writer.query(vector, k: k, options: options)
            let what = Comment("seed \(seed), step \(step), \(probe)")
            let hits = try await beside.query(vector, k: k, options: options).hits
            #expect(BruteForce.areSame(hits, right.hits), what)
            #expect(try await beside.count() == writer.count(), what)
            let told = try child.ask("\(probe.key):\(probe.version) \(k)")
            try #require(told == right.hits.map { "\($0.key):\($0.distance)" }.joined(separator: " "), what)
            guard try writer.statistics().index != nil else { continue }
            #expect(try beside.statistics().index?.training == writer.statistics().index?.training, what)
        }
        await #expect(throws: MemVecError.self) { try await beside.delete(keys: ["key-1"]) }
        try await writer.close()
        // The readers go on when no writer is left.
        let last = try child.ask("1:1 1")
        #expect(!last.isEmpty)
    }

    private func apply(_ operation: KeyedOperation, to collection: VectorCollection) async throws {
        switch operation {
        case .put(let items): try await collection.put(items.map { try $0.record(dimension: Self.dimension) })
        case .delete(let keys):
            try await collection.delete(keys: keys.map { KeyedVersion(key: $0, version: 0).name })
        case .metadata(let item):
            guard try await collection.get([item.name])[0] != nil else { return }
            try await collection.setMetadata(Metadata(json: item.metadata), ofKey: item.name)
        case .train, .reopen, .compact: break
        }
    }
}

/// A process that has the folder open read-only and is asked through its standard input.
final class ReadingChild {
    private let process: SpawnedProcess
    private let questions: ChildPipe, answers: ChildPipe
    private var rest = Data()

    init(folder: String) throws {
        (questions, answers) = (try ChildPipe(), try ChildPipe())
        process = try SpawnedProcess(
            ChildProcess.executable, ["read", folder], input: questions.reading, output: answers.writing)
        questions.reading.close()
        answers.writing.close()
    }

    func ask(_ line: String) throws -> String {
        questions.writing.write(Data((line + "\n").utf8))
        while true {
            if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                defer { rest = Data(rest[(end + 1)...]) }
                return String(decoding: rest[..<end], as: UTF8.self)
            }
            let more = answers.reading.read()
            guard !more.isEmpty else { throw ChildEnded() }
            rest.append(more)
        }
    }

    /// It ends when nothing more can be asked.
    func end() { questions.writing.close() }

    /// The child ended before it answered; what it wrote to standard error is in the test's log.
    struct ChildEnded: Error {}
}
