import ArgumentParser
import MemVec

struct Put: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put one vector, or change the metadata of one.",
        discussion: """
            memvec put news doc-17 --vector '[0.1, 0.2, 0.3]' --metadata '{"year": 2024}'
            memvec put news doc-17 --metadata '{"year": 2025}'

            What the key had is overwritten whole. Without --vector its vector stays and its metadata is replaced.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The key.")
    var key: String
    @Option(help: "The vector as a JSON array; - reads it from standard input.")
    var vector: String?
    @Option(help: "A JSON object.")
    var metadata: String?

    func validate() throws {
        guard vector != nil || metadata != nil else { throw ValidationError("give --vector, --metadata or both") }
    }

    func run() async throws {
        let metadata = try metadata.map { try Metadata(json: $0) } ?? Metadata()
        let values = try vector.map { try VectorText.parse($0 == "-" ? VectorText.standardInput() : $0) }
        try await common.withCollection { collection in
            if let values {
                try await collection.put([try VectorRecord(key: key, values: values, metadata: metadata)])
            } else {
                try await collection.setMetadata(metadata, ofKey: key)
            }
        }
        let what = values == nil ? "metadata" : "vector"
        common.print("put the \(what) of \(key)", ["put": key, "changed": what])
    }
}
