import Foundation
import MemVec
import Router
import Storage
import Workload

/// Replays traffic on collections in front of a store that charges as S3 Vectors does, and checks after every query
/// of `auto` that no more was spent than S3 Vectors alone would have taken plus the seed credit. Run by
/// `tools/bench dollars`.
///
///     DollarBench FOLDER [--dimension=N] [--quick] [--json=FILE]
///
/// FOLDER is made and left empty. `--quick` takes 5,000 x 32 and 1,000 queries.
@main
struct DollarBench {
    let size: Size
    let folder: String
    let vectors: SeededVectors
    let store: SeededStore

    static func main() async throws {
        guard let (folder, size, json) = parse(Array(CommandLine.arguments.dropFirst())) else {
            print("use: DollarBench FOLDER [--dimension=N] [--quick] [--json=FILE]")
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
        for word in rest {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            switch (parts.first, parts.dropFirst().first) {
            case ("--quick", nil): size = .quick
            case ("--dimension", let text?):
                guard let number = Int(text), (1...4096).contains(number) else { return nil }
                size.dimension = number
            case ("--json", let path?): json = path
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
    }

    func measure() async throws -> [Outcome] {
        try Files.makeFolder(folder)
        defer { try? Files.remove(folder) }
        let part = folder + "/part", copy = folder + "/copy", mirror = folder + "/mirror"
        var out: [Outcome] = []
        let attached = try await attach(part, isMirror: false)
        for setting in Setting.all(size) where !setting.isMirror {
            try FileManager.default.copyItem(atPath: part, toPath: copy)
            out.append(try await replay(setting, copy, attached))
            try Files.remove(copy)
        }
        try Files.remove(part)
        let all = try await attach(mirror, isMirror: true)
        for setting in Setting.all(size) where setting.isMirror { out.append(try await replay(setting, mirror, all)) }
        return out
    }

    /// Makes a collection that follows the store and is trained. Gives what that cost.
    private func attach(_ folder: String, isMirror: Bool) async throws -> (dollars: Double, index: String) {
        var settings = try CollectionSettings()
        settings.isMirror = isMirror
        settings.ramBudget = .bytes(size.valueBytes / 20)
        settings.warmBudget = .bytes(isMirror ? size.valueBytes * 3 / 2 + (64 << 20) : size.warmBytes)
        let collection = try await VectorCollection.create(
            at: folder,
            CollectionConfiguration(
                dimension: size.dimension, metric: .euclidean, cold: "seeded:1", settings: settings))
        let report = try await collection.attach()
        let training: TrainingReport
        if let own = report.training { training = own } else { training = try await collection.train() }
        let chosen = training.chosen.map { "nprobe \($0.nprobe), \($0.candidates) candidates" } ?? "no setting"
        let dollars = try await collection.settledSpending().bulkDollars
        note(
            "attached \(report.vectorCount) x \(size.dimension), \(report.keptCount) kept, in \(report.seconds) s; "
            + "\(training.factory) in \(training.trainSeconds + training.encodeSeconds + training.curveSeconds) s: \(chosen)")
        try await collection.close()
        return (dollars, "\(training.factory), \(chosen)")
    }

    private func replay(
        _ setting: Setting, _ folder: String, _ attached: (dollars: Double, index: String)
    ) async throws -> Outcome {
        let collection = try await VectorCollection.open(at: folder)
        var outcome = Outcome(
            setting: setting.name, vectorCount: size.vectorCount, dimension: size.dimension)
        outcome.attachDollars = attached.dollars
        outcome.index = attached.index
        outcome.traffic = setting.traffic.rawValue
        outcome.isBounded = setting.isBounded
        outcome.isMirror = setting.isMirror
        let queries = setting.traffic.queries(size, vectors)
        try await Replay(vectors: vectors, store: store, queries: queries).run(setting, collection, &outcome)
        if setting.path == .auto { outcome.syncDollars = try await collection.sync().dollars }
        try await collection.close()
        note("\(setting.name), \(setting.traffic.rawValue): \(outcome.queryCount) queries, \(outcome.millisecondsPerQuery) ms each")
        return outcome
    }

    private func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}
