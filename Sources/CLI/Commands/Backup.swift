import ArgumentParser
import MemVec

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy a collection, as of one moment, to a new folder.",
        discussion: """
            memvec backup news backups/news-monday

            Others may read and write meanwhile. The copy is a collection by itself.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The new folder.", completion: .directory)
    var target: String

    func run() async throws {
        try await common.withCollection(readOnly: true) { collection in
            try await collection.backup(to: target)
            let count = try await collection.count()
            common.print(
                "\(NumberText.counted(count, "vector")) copied to \(target)", ["folder": target, "vectors": count])
        }
    }
}
