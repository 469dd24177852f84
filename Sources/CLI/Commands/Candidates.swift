import ArgumentParser
import Formats
import MemVec

struct Candidates: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What the index proposes for queries, before any vector is looked at.",
        discussion: """
            memvec candidates sift --queries query.fvecs --nprobe 16 --limit 100 > candidates.jsonl
            memvec candidates sift --snapshot

            Prints a JSON line a query, with the rows and their estimated squared distances, nearest first. --snapshot \
            prints where the index's snapshot is, which plain FAISS opens, and the rows that it and the index in use \
            do not have in common: dead by now, or younger than the file.
            """)

    @OptionGroup var common: CommonOptions
    @Option(help: "Query vectors, as import reads them.", completion: .file())
    var queries: String?
    @Option(help: "Lists of the index to look into.")
    var nprobe = 16
    @Option(name: .shortAndLong, help: "Candidates of a query.")
    var count = 100
    @Option(help: "At most so many queries.")
    var limit = 1000
    @Flag(help: "Tell of the snapshot instead.")
    var snapshot = false

    func validate() throws {
        guard snapshot == (queries == nil) else { throw ValidationError("give --queries, or --snapshot") }
        guard limit > 0 else { throw ValidationError("--limit is \(limit); 1 or more are possible") }
    }

    func run() async throws {
        try await common.withCollection(readOnly: true) { collection in
            guard let queries else { return try tell(collection) }
            let vectors = try QueryFile.read(queries, limit: limit, dimension: collection.dimension)
            for (number, vector) in vectors.enumerated() {
                let found = try collection.candidates(for: vector, count: count, nprobe: nprobe)
                Terminal.print([
                    "query": number, "rows": found.map { Int($0.row.number) }, "estimates": found.map(\.estimate),
                ])
            }
        }
    }

    private func tell(_ collection: VectorCollection) throws {
        guard let snapshot = try collection.indexSnapshot() else {
            throw ValidationError("there is no index; train it")
        }
        Terminal.print(["path": snapshot.path, "changedRows": snapshot.changedRows.map { Int($0.number) }])
    }
}
