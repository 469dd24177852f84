import ArgumentParser
import MemVec

struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a new collection.", discussion: "memvec create news --dimension 384 --metric cosine")

    @OptionGroup var common: CommonOptions
    @Option(help: "Values of each vector, 1 to 4,096.")
    var dimension: Int
    @Option(help: "cosine or euclidean.")
    var metric = "cosine"
    @Option(help: "A metadata key that no filter may name; up to ten times.")
    var nonFilterable: [String] = []
    @Option(help: "The remote that holds the vectors: local:FOLDER. Without it the folder itself does.")
    var cold: String?
    @OptionGroup var settings: SettingOptions

    func run() async throws {
        guard let metric = Metric(rawValue: metric) else {
            throw ValidationError("--metric is \"\(metric)\"; cosine and euclidean are possible")
        }
        var chosen = try CollectionSettings()
        for (name, text) in settings.changes { try chosen.set(name, to: text) }
        let collection = try await VectorCollection.create(
            at: common.folder,
            CollectionConfiguration(
                dimension: dimension, metric: metric, nonFilterableKeys: nonFilterable, cold: cold,
                settings: chosen))
        try await collection.close()
        if common.json {
            Terminal.print(json: ["folder": common.folder, "dimension": dimension, "metric": metric.rawValue])
        } else {
            let next = "memvec import \(common.folder) FILE"
            Terminal.print("\(common.folder): \(dimension) dimensions, \(metric.rawValue). Next: \(next)")
        }
    }
}

struct Drop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove a collection with everything in it.",
        discussion: "memvec drop news          says what would go\nmemvec drop news --yes    removes it")

    @OptionGroup var common: CommonOptions
    @Flag(help: "Remove it; without this only what would go is said.")
    var yes = false

    func run() async throws {
        let gone = try await VectorCollection.drop(at: common.folder, reallyRemove: yes)
        let text = "\(gone.vectorCount) vectors, \(Terminal.bytes(gone.byteCount))"
        if common.json {
            Terminal.print(json: ["vectors": gone.vectorCount, "bytes": gone.byteCount, "removed": yes])
        } else {
            Terminal.print(
                yes ? "removed \(common.folder): \(text)" : "would remove \(common.folder): \(text); --yes does it")
        }
    }
}
