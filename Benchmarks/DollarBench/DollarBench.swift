import Foundation
import MemVec
import Router
import Storage
import Workload

/// Replays Zipf traffic on collections in front of a store that charges as S3 Vectors does, and checks after every query
/// that no more was spent than S3 Vectors alone would have taken plus the seed credit. Run by `tools/bench dollars`.
///
///     DollarBench FOLDER [--dimension N] [--quick] [--json FILE]
///
/// FOLDER is made and left empty. `--quick` takes 20,000 x 64 and 2,000 queries.
@main
struct DollarBench {
    let size: Size
    let folder: String
    let vectors: SeededVectors
    let store: SeededStore
    let traffic: QueryStream

    /// How large the test is.
    struct Size {
        var vectorCount = 1_000_000
        var dimension = 128
        var clusterCount = 2_000
        var queryCount = 100_000
        /// Of the ways that are asked less; their sums are scaled.
        var dearQueryCount = 5_000
        /// Vectors that queries gather around.
        var centreCount = 10_000

        static let quick = Size(
            vectorCount: 20_000, dimension: 64, clusterCount: 200, queryCount: 2_000, dearQueryCount: 200,
            centreCount: 1_000)
        var valueBytes: Int { 4 * dimension * vectorCount }
    }

    static func main() async throws {
        guard let (folder, size, json) = parse(Array(CommandLine.arguments.dropFirst())) else {
            print("use: DollarBench FOLDER [--dimension N] [--quick] [--json FILE]")
            exit(2)
        }
        let outcomes = try await DollarBench(size, folder).measure()
        print(Table.text(outcomes))
        if let json { try JSONEncoder().encode(outcomes).write(to: URL(fileURLWithPath: json)) }
        let broken = outcomes.filter { !$0.isKept }
        for outcome in broken { print("MISSED  \(outcome.verdict)") }
        exit(broken.isEmpty ? 0 : 1)
    }

    private static func parse(_ arguments: [String]) -> (folder: String, size: Size, json: String?)? {
        var size = Size(), json: String?, rest = arguments[...]
        guard let folder = rest.popFirst(), !folder.hasPrefix("-") else { return nil }
        while let word = rest.popFirst() {
            switch word {
            case "--quick": size = .quick
            case "--dimension":
                guard let text = rest.popFirst(), let number = Int(text), (1...4096).contains(number) else { return nil }
                size.dimension = number
            case "--json":
                guard let path = rest.popFirst() else { return nil }
                json = path
            default: return nil
            }
        }
        return (folder, size, json)
    }

    init(_ size: Size, _ folder: String) {
        self.size = size
        self.folder = folder
        vectors = SeededVectors(
            count: size.vectorCount, dimension: size.dimension, clusterCount: size.clusterCount, seed: 3)
        store = SeededStore(vectors)
        store.register(scheme: "seeded")
        var drawn = QueryStream.Settings(count: size.queryCount)
        drawn.pool = size.centreCount
        drawn.sigma = 6
        traffic = QueryStream(around: vectors.flat, dimension: min(SeededVectors.rank, size.dimension), drawn)
    }

    func measure() async throws -> [Outcome] {
        try Files.makeFolder(folder)
        defer { try? Files.remove(folder) }
        var out: [Outcome] = []
        let part = folder + "/part", copy = folder + "/copy", mirror = folder + "/mirror"
        let attached = try await attach(part, isMirror: false)
        for setting in [
            Setting(name: "query", path: .query, isMirror: false, queryCount: size.dearQueryCount, syncs: false),
            Setting(name: "get", path: .get, isMirror: false, queryCount: size.dearQueryCount, syncs: false),
            Setting(name: "auto, 20 % warm", path: .auto, isMirror: false, queryCount: size.queryCount, syncs: true),
        ] {
            try FileManager.default.copyItem(atPath: part, toPath: copy)
            out.append(try await replay(setting, copy, attached))
            try Files.remove(copy)
        }
        try Files.remove(part)
        let all = try await attach(mirror, isMirror: true)
        let setting = Setting(
            name: "auto, mirror", path: .auto, isMirror: true, queryCount: size.queryCount, syncs: true)
        out.append(try await replay(setting, mirror, all))
        return out
    }

    /// Makes a collection that follows the store and is trained. Gives what that cost.
    private func attach(_ folder: String, isMirror: Bool) async throws -> (dollars: Double, index: String) {
        var settings = try CollectionSettings()
        settings.isMirror = isMirror
        settings.ramBudget = .bytes(size.valueBytes / 20)
        settings.warmBudget = .bytes(isMirror ? size.valueBytes * 3 / 2 + (64 << 20) : size.valueBytes / 5)
        let collection = try await VectorCollection.create(
            at: folder,
            CollectionConfiguration(
                dimension: size.dimension, metric: .euclidean, cold: "seeded:1", settings: settings))
        let report = try await collection.attach()
        let training: TrainingReport
        if let own = report.training { training = own } else { training = try await collection.train() }
        let chosen = training.chosen.map { "nprobe \($0.nprobe), \($0.candidates) candidates" } ?? "no setting"
        let dollars = try await collection.settledSpending().bulkDollars
        note("attached \(report.vectorCount) x \(size.dimension), \(report.keptCount) kept, in \(report.seconds) s; "
            + "\(training.factory) in \(training.trainSeconds + training.encodeSeconds + training.curveSeconds) s: \(chosen)")
        try await collection.close()
        return (dollars, "\(training.factory), \(chosen)")
    }

    private func replay(
        _ setting: Setting, _ folder: String, _ attached: (dollars: Double, index: String)
    ) async throws -> Outcome {
        let collection = try await VectorCollection.open(at: folder)
        var outcome = Outcome(setting: setting.name, vectorCount: size.vectorCount, dimension: size.dimension)
        outcome.attachDollars = attached.dollars
        outcome.index = attached.index
        try await Replay(vectors: vectors, store: store, traffic: traffic).run(setting, collection, &outcome)
        if setting.syncs { outcome.syncDollars = try await collection.sync().dollars }
        try await collection.close()
        note("\(setting.name): \(outcome.queryCount) queries, \(outcome.millisecondsPerQuery) ms each")
        return outcome
    }

    private func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}
