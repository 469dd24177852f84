import Foundation
import MemVec
import Storage
import Synchronization
import Workload

/// A program to be killed. It writes a collection until then, and says on standard output what it is about to do and
/// what was acknowledged:
///
///     B 17 put 3:1005 18:1005      operation 17 begins
///     D 17                         it was acknowledged
///
/// Arguments: `write FOLDER ROUND SEED [REMOTE]`; a round's versions lie above those of the rounds before. With REMOTE,
/// another folder, the collection in FOLDER is a remote one in front of it.
/// `MEMVEC_KILL_AT=name:n` makes it kill itself at that ``FaultPoint``.
///
/// Or `read FOLDER`: opens it read-only and answers each line `KEY:VERSION K` on standard input by a line with the keys
/// and distances of the K nearest of that version's vector, until the input ends.
@main
struct CrashWorkload {
    static let dimension = 16
    static let keyCount = 2400
    static let writerCount = 3
    /// Operations of each writer between two reopenings.
    static let phaseLength = 30

    static func main() async throws {
        let arguments = CommandLine.arguments
        if arguments.count == 3, arguments[1] == "read" { return try await read(folder: arguments[2]) }
        guard (5...6).contains(arguments.count), arguments[1] == "write", let round = Int(arguments[3]),
            let seed = UInt64(arguments[4])
        else {
            FileHandle.standardError.write(
                Data("usage: CrashWorkload write FOLDER ROUND SEED [REMOTE] | read FOLDER\n".utf8))
            exit(2)
        }
        FaultPoint.armFromEnvironment()
        let place = Place(folder: arguments[2], remote: arguments.count > 5 ? arguments[5] : nil)
        try await write(place, round: round, seed: seed)
    }

    static func read(folder: String) async throws {
        var options = OpenOptions()
        options.mapBytes = 1 << 30
        options.isReadOnly = true
        let collection = try await VectorCollection.open(at: folder, options: options)
        while let line = readLine() {
            let words = line.split(separator: " ")
            guard words.count == 2, let item = KeyedVersion(text: words[0]), let k = Int(words[1]) else { exit(2) }
            let dimension = collection.dimension
            var query = QueryOptions()
            query.nprobe = 16
            query.candidates = 10_000
            let answer = try await collection.query(item.vector(dimension: dimension), k: k, options: query)
            let text = answer.hits.map { "\($0.key):\($0.distance)" }.joined(separator: " ")
            FileHandle.standardOutput.write(Data((text + "\n").utf8))
        }
    }

    struct Place {
        let folder: String
        let remote: String?
    }

    static func write(_ place: Place, round: Int, seed: UInt64) async throws {
        let log = OperationLog()
        var random = SplitMix64(seed: seed ^ UInt64(round))
        var collection = try await open(place)
        for phase in 0... {
            let current = collection
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<writerCount {
                    let stream = KeyedOperations(
                        seed: seed ^ UInt64(round) << 20 ^ UInt64(phase) << 40, writer: writer,
                        writerCount: writerCount, keyCount: keyCount, firstVersion: round * 100_000 + phase * 100)
                    group.addTask { try await run(stream, on: current, log) }
                }
                if place.remote == nil, random.below(3) == 0 {
                    group.addTask {
                        try await log.during(.compact) {
                            do { _ = try await current.compact() } catch MemVecError.alreadyTraining {}
                        }
                    }
                }
                if random.below(3) == 0 {
                    // Not in the log: what a text field holds is for `verify` to say.
                    let isThere = try !collection.textFields().isEmpty
                    group.addTask { try await changeText(current, removes: isThere) }
                }
                if random.below(2) == 0, try await collection.count() > 1000 {
                    group.addTask {
                        try await log.during(.train) {
                            do { _ = try await current.train() } catch MemVecError.alreadyTraining {}
                        }
                    }
                }
                group.addTask { try await ask(current, seed: seed ^ UInt64(phase)) }
                try await group.waitForAll()
            }
            let compacts = random.below(3) == 0
            try await log.during(compacts ? .compact : .reopen) {
                try await current.close()
                if compacts { _ = try await VectorCollection.compact(at: place.folder, mapBytes: 1 << 30) }
                collection = try await open(place)
            }
        }
    }

    private static func open(_ place: Place) async throws -> VectorCollection {
        try await openOrCreate(place.folder, cold: place.remote)
    }

    private static func openOrCreate(_ folder: String, cold: String?) async throws -> VectorCollection {
        var options = OpenOptions()
        options.mapBytes = 1 << 30
        guard !FileManager.default.fileExists(atPath: folder + "/memvec.json") else {
            return try await VectorCollection.open(at: folder, options: options)
        }
        if let cold { try await openOrCreate(cold, cold: nil).close() }
        var settings = try CollectionSettings()
        settings.autoTrain = false
        // Small tiers: rows come and go while the process is killed.
        settings.ramBudget = .bytes(32 << 10)
        settings.warmBudget = .bytes(200 << 10)
        settings.index = "IVF16,PQ8"
        return try await VectorCollection.create(
            at: folder,
            CollectionConfiguration(
                dimension: dimension, metric: .euclidean, cold: cold.map { "local:" + $0 }, settings: settings),
            options: options)
    }

    private static func changeText(_ collection: VectorCollection, removes: Bool) async throws {
        if removes { try await collection.removeTextFields(["text"]) }
        try await collection.addTextFields([TextFieldSetting("text", language: .english)])
    }

    /// Queries that move vectors between the tiers.
    private static func ask(_ collection: VectorCollection, seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<phaseLength {
            let probe = KeyedVersion(key: random.below(keyCount), version: 0)
            _ = try await collection.query(probe.vector(dimension: dimension), k: 10)
        }
    }

    private static func run(
        _ stream: KeyedOperations, on collection: VectorCollection, _ log: OperationLog
    ) async throws {
        var stream = stream
        for _ in 0..<phaseLength {
            let operation = stream.next()
            try await log.during(operation) { try await apply(operation, to: collection) }
        }
    }

    private static func apply(_ operation: KeyedOperation, to collection: VectorCollection) async throws {
        switch operation {
        case .put(let items):
            try await collection.put(
                items.map {
                    try VectorRecord(
                        key: $0.name, values: $0.vector(dimension: dimension), metadata: Metadata(json: $0.metadata))
                })
        case .delete(let keys):
            try await collection.delete(keys: keys.map { KeyedVersion(key: $0, version: 0).name })
        case .metadata(let item):
            do {
                try await collection.setMetadata(Metadata(json: item.metadata), ofKey: item.name)
            } catch MemVecError.notFound {
                // The key is not there: nothing changes, as in the model.
            }
        case .train, .reopen, .compact:
            break
        }
    }
}

/// Lines that are in the kernel's hands before the next step is done.
final class OperationLog: Sendable {
    private let count = Mutex(0)

    func during(_ operation: KeyedOperation, _ body: () async throws -> Void) async throws {
        let number = count.withLock { count in
            count += 1
            put("B \(count) \(operation.line)\n")
            return count
        }
        try await body()
        count.withLock { _ in put("D \(number)\n") }
    }

    private func put(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
}
