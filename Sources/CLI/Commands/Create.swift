import ArgumentParser
import MemVec

struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a new collection.",
        discussion: """
            memvec create news --dimension 384
            memvec create sift --dimension 128 --metric euclidean --recall 0.99
            memvec create near --dimension 384 --cold local:far --ram-budget 512MiB --warm-budget 20GiB

            Dimension, metric, non-filterable keys and cold store are fixed; settings can be changed later by any \
            command that takes them.
            """)

    @OptionGroup var common: CommonOptions
    @Option(help: "Values of each vector, 1 to 4,096.")
    var dimension: Int
    @Option(help: "cosine or euclidean.", completion: .list(Metric.allCases.map(\.rawValue)))
    var metric = Metric.cosine
    @Option(help: "A metadata key that no filter may name, for large texts; up to ten times.")
    var nonFilterable: [String] = []
    @Option(
        help: """
            The remote that holds the vectors: s3vectors://BUCKET/INDEX, s3://BUCKET/PREFIX or local:FOLDER. Without \
            it the folder itself does.
            """)
    var cold: String?
    @OptionGroup(title: "Settings") var settings: SettingOptions

    func run() async throws {
        var chosen = try CollectionSettings()
        for (name, text) in settings.changes { try chosen.set(name, to: text) }
        let configuration = try CollectionConfiguration(
            dimension: dimension, metric: metric, nonFilterableKeys: nonFilterable, cold: cold, settings: chosen)
        let collection = try await VectorCollection.create(at: common.folder, configuration)
        try await collection.close()
        if let cold, (try? await VectorCollection.holdsVectors(at: cold, settings: chosen)) == true {
            Terminal.complain(
                "\(cold) holds vectors that \(common.folder) does not know: memvec attach \(common.folder) \(cold)")
        }
        let front = cold.map { " in front of \($0)" } ?? ""
        common.print(
            "\(common.folder): \(dimension) dimensions, \(metric.rawValue)\(front). "
                + "Next: memvec import \(common.folder) FILE",
            ["folder": common.folder, "dimension": dimension, "metric": metric.rawValue, "cold": cold])
    }
}
