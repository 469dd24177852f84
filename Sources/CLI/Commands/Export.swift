import ArgumentParser
import Formats
import MemVec

struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write all vectors, or those that match, to a file or to standard output.",
        discussion: """
            memvec export news > news.jsonl
            memvec export news news.npy --keys news-keys.jsonl
            memvec export news recent.jsonl --filter '{"year": {"$gte": 2024}}'

            .jsonl keeps keys and metadata, and import reads it back to the bit. .npy and .fvecs keep vectors alone; \
            --keys writes the keys and metadata of their rows beside them, a line a row.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The file: .jsonl, .npy or .fvecs; - is JSON lines to standard output.", completion: .file())
    var file = "-"
    @Option(help: "jsonl, npy or fvecs, where the name does not say.")
    var format: FileFormat?
    @OptionGroup var filter: FilterOption
    @Option(help: "A file for the keys and metadata of .npy and .fvecs, as JSON lines.", completion: .file())
    var keys: String?
    @Flag(help: "Overwrite files that are there.")
    var force = false

    func run() async throws {
        try await common.withCollection(readOnly: true) { collection in
            Interruption.watch()
            let filter = try filter.parsed(for: collection)
            let writer = try VectorFileWriter(
                path: file, format: format, dimension: collection.dimension, mayOverwrite: force)
            let keysWriter = try keys.map { try KeyFileWriter(path: $0, mayOverwrite: force) }
            var progress = Progress("export", total: try await collection.count(matching: filter))
            var position: String?
            repeat {
                let page = try await collection.list(
                    after: position, limit: 1000, filter: filter, wantsVectors: true)
                for record in page.records {
                    try writer.append(key: record.key, values: record.values, metadata: record.metadata)
                    try keysWriter?.append(key: record.key, metadata: record.metadata)
                }
                position = page.next
                progress.update(writer.count)
                if let interrupted = Interruption.asked { throw interrupted }
            } while position != nil
            try writer.finish()
            try keysWriter?.finish()
            progress.finish()
            report(writer.count)
        }
    }

    /// On standard error where standard output has the vectors.
    private func report(_ count: Int) {
        if file == "-" {
            Terminal.complain("exported \(NumberText.counted(count, "vector"))")
        } else {
            common.print(
                "exported \(NumberText.counted(count, "vector")) to \(file)", ["exported": count, "file": file])
        }
    }
}
