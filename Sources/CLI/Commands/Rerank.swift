import ArgumentParser
import Formats
import MemVec

struct Rerank: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put the candidates of many queries in order, by exact distance.",
        discussion: """
            memvec rerank news < lines.jsonl > ordered.jsonl
            memvec rerank news lines.jsonl --output ordered.jsonl --checkpoint ordered.state --errors bad.jsonl -k 10
            memvec rerank news lines.jsonl --fuse weighted:0.7 > ordered.jsonl

            A line in: {"id": 7, "vector": [0.1, 0.2], "candidates": ["a", {"key": "b", "score": 0.7}], "k": 10}. In \
            place of vector: vector_base64 (little-endian float32) or text, for the collection's embedder. Without \
            candidates the line is a search. A line out: {"id": 7, "hits": [{"key": "b", "distance": 0.5}], \
            "missing": ["a"]}, with all candidates unless -k says how many.

            Lines are read to a part that --ram-budget holds, then answered together: each key is looked up once, \
            each block read once, and what a remote collection does not have at hand is fetched once, in full calls. \
            Nothing enters a tier and nothing counts as use.

            With --checkpoint the same command goes on after a kill, and the output is the same to the byte. A line \
            that cannot be read ends the run, or is noted in --errors FILE, {"line": 17, "error": "..."}; the run then \
            ends with 5 when the rest is done.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "JSON lines, or - for standard input.", completion: .file())
    var file = "-"
    @Option(name: .shortAndLong, help: "Hits of a line, 1 to 10,000 (all candidates; 10 of a search).")
    var k: Int?
    @Option(help: "Diverse hits: 1 is the plain order, less weighs the distance to hits before.")
    var mmr: Double?
    @Option(help: "One score of the candidates' scores and distances: rrf, or weighted:W with the distance's weight W.")
    var fuse: String?
    @Option(help: "The file to write; - is standard output.", completion: .file())
    var output: String?
    @Option(help: "A file that keeps how far the run is; needs --output.", completion: .file())
    var checkpoint: String?
    @Option(help: "A file for lines that cannot be read; the rest goes on.", completion: .file())
    var errors: String?
    @Flag(help: "Write lines as they get ready.")
    var unordered = false
    @Option(help: "What the lines of one moment may take, such as 512MiB or 5%.")
    var ramBudget = "512MiB"
    @Option(help: "Threads; by default one a core.")
    var threads: Int?
    @OptionGroup var embedder: EmbedderOption
    @OptionGroup(title: "Lines without candidates") var search: AnswerChoices

    func validate() throws {
        if let k, !(1...10_000).contains(k) { throw ValidationError("-k is \(k); 1 to 10,000 are possible") }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads is \(threads); 1 to 1,024 are possible")
        }
        if let mmr, !(0...1).contains(mmr) { throw ValidationError("--mmr is \(mmr); 0 to 1 are possible") }
        guard mmr == nil || fuse == nil else { throw ValidationError("give one of --mmr and --fuse") }
        if checkpoint != nil, (output ?? "-") == "-" { throw ValidationError("--checkpoint needs --output FILE") }
        do { _ = try Budget(ramBudget, name: "ram-budget") } catch { throw ValidationError("--\(error)") }
        _ = try fusion
        try RerankFiles.check([
            ("the input", file), ("--output", output), ("--errors", errors), ("--checkpoint", checkpoint),
        ])
    }

    private var fusion: RerankOptions.Fusion? {
        get throws {
            guard let fuse else { return nil }
            if fuse == "rrf" { return .reciprocalRank }
            let prefix = "weighted:"
            if fuse.hasPrefix(prefix), let weight = Double(fuse.dropFirst(prefix.count)), (0...1).contains(weight) {
                return .weighted(weight)
            }
            throw ValidationError("--fuse is \(fuse); rrf and weighted:W, W 0 to 1, are possible")
        }
    }

    func run() async throws {
        try await common.withAskedCollection { collection in
            Interruption.watch()
            let stream = try LineStream(path: file, isCancelled: { Interruption.isAsked })
            var start = RerankCheckpoint(
                command: settings, outputs: [output ?? "-", errors].compactMap { $0 }, inputBytes: stream.byteCount)
            if let checkpoint, let kept = try RerankCheckpoint.read(checkpoint, like: start, stream) {
                if kept.isFinished { return try report(finished: kept, checkpoint) }
                start = kept
            }
            let reranker = try Reranker(collection, try options(for: collection))
            let source = try RerankSource(
                stream, from: start.inputOffset, reranker, embedder: embedder.embedder, endsAtRefusal: errors == nil)
            var run = try RerankRun(self, reranker, source, at: start)
            do {
                let summary = try await run.run()
                report(summary)
                if summary.refusedCount > 0 { throw Outcome.someRefused }
            } catch {
                if var interrupted = Interruption.asked {
                    if checkpoint != nil { interrupted.advice = "the same command goes on" }
                    throw interrupted
                }
                throw error
            }
        }
    }

    /// What decides the bytes of the output.
    private var settings: String {
        var parts = ["rerank", common.folder]
        if let k { parts.append("-k \(k)") }
        if let mmr { parts.append("--mmr \(mmr)") }
        if let fuse { parts.append("--fuse \(fuse)") }
        if errors != nil { parts.append("--errors") }
        if unordered { parts.append("--unordered") }
        if let embedder = embedder.embedder { parts.append("--embedder \(embedder)") }
        parts += search.spelled
        return parts.joined(separator: " ")
    }

    private func options(for collection: VectorCollection) throws -> RerankOptions {
        var options = RerankOptions()
        options.k = k
        options.mmr = mmr
        options.fusion = try fusion
        options.query = try search.options(for: collection)
        if let threads { options.threadCount = threads }
        // Nobody asks this process anything.
        options.yieldsToQueries = false
        options.ramBudgetBytes = try Budget(ramBudget, name: "ram-budget").byteCount(of: RerankOptions.machineBytes)
        return options
    }

    /// As the run ended that did it.
    private func report(finished kept: RerankCheckpoint, _ checkpoint: String) throws {
        Terminal.complain(
            "all \(NumberText.counted(kept.lineCount, "line")) are done; remove \(checkpoint) to begin anew")
        if common.json {
            let object: JSONObject = ["lines": kept.lineCount, "refused": kept.refusedCount, "finished": true]
            Terminal.print(object)
        }
        if kept.refusedCount > 0 { throw Outcome.someRefused }
    }

    /// Where data go to standard output, the summary goes to standard error.
    private func report(_ summary: RerankSummary) {
        let text = common.json ? summary.object.json.text : summary.text
        if (output ?? "-") == "-" { Terminal.say(text) } else { Terminal.print(text) }
    }
}
