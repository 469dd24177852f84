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
/// Arguments: `write FOLDER ROUND SEED`; a round's versions lie above those of the rounds before.
/// `MEMVEC_KILL_AT=name:n` makes it kill itself at that ``FaultPoint``.
@main
struct CrashWorkload {
    static let dimension = 16
    static let keyCount = 2400
    static let writerCount = 3
    /// Operations of each writer between two reopenings.
    static let phaseLength = 30

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 5, arguments[1] == "write", let round = Int(arguments[3]),
            let seed = UInt64(arguments[4])
        else {
            FileHandle.standardError.write(Data("usage: CrashWorkload write FOLDER ROUND SEED\n".utf8))
            exit(2)
        }
        FaultPoint.armFromEnvironment()
        try await write(folder: arguments[2], round: round, seed: seed)
    }

    static func write(folder: String, round: Int, seed: UInt64) async throws {
        let log = OperationLog()
        var random = SplitMix64(seed: seed ^ UInt64(round))
        var collection = try await open(folder)
        for phase in 0... {
            let current = collection
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<writerCount {
                    let stream = KeyedOperations(
                        seed: seed ^ UInt64(round) << 20 ^ UInt64(phase) << 40, writer: writer,
                        writerCount: writerCount, keyCount: keyCount, firstVersion: round * 100_000 + phase * 100)
                    group.addTask { try await run(stream, on: current, log) }
                }
                if random.below(2) == 0, try await collection.count() > 1000 {
                    group.addTask {
                        try await log.during(.train) { _ = try await current.train() }
                    }
                }
                try await group.waitForAll()
            }
            try await log.during(.reopen) {
                try await current.close()
                collection = try await open(folder)
            }
        }
    }

    private static func open(_ folder: String) async throws -> VectorCollection {
        var options = OpenOptions()
        options.mapBytes = 1 << 30
        guard FileManager.default.fileExists(atPath: folder + "/memvec.json") else {
            var settings = try CollectionSettings()
            settings.autoTrain = false
            settings.index = "IVF16,PQ8"
            return try await VectorCollection.create(
                at: folder, CollectionConfiguration(dimension: dimension, metric: .euclidean, settings: settings),
                options: options)
        }
        return try await VectorCollection.open(at: folder, options: options)
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
        case .train, .reopen:
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
