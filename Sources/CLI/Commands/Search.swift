import ArgumentParser
import MemVec
import Text

struct Search: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The passages that answer a question in words.",
        discussion: """
            memvec search notes "how do I pin a vector?"
            memvec search notes pinned vectors --mode text -k 5
            memvec search s3vectors://media/wiki "capital of France" --filter '{"title": "France"}' --json

            Prints title, section, passage and file, the best first; what the answer is worth and what it cost goes to \
            standard error.
            """)

    @Argument(help: "A collection's folder, or the remote behind one.")
    var collection: String
    @Argument(help: "The question.")
    var question: [String]
    @OptionGroup var choices: SearchChoices
    @Flag(help: "Print JSON: one object on a line.")
    var json = false

    func validate() throws {
        guard !question.joined(separator: " ").allSatisfy(\.isWhitespace) else {
            throw ValidationError("the question is empty")
        }
    }

    func run() async throws {
        let texts = try await choices.open(collection)
        let answer = try await choices.search(texts, question.joined(separator: " "))
        PassageOutput(json: json).print(answer, question: question.joined(separator: " "))
        try await texts.vectors.close()
    }
}

/// How a question is answered.
struct SearchChoices: ParsableArguments {
    @Option(name: .shortAndLong, help: "Passages wanted, 1 to 10,000.")
    var k = 5
    @Option(help: "vector (by meaning), text (by words) or hybrid (both).", completion: .list(modes))
    var mode = SearchMode.vector.rawValue
    @OptionGroup var filter: FilterOption
    @OptionGroup var embedder: EmbedderOption
    @OptionGroup var prices: PriceOptions
    @Option(help: "The folder in front of a remote.", completion: .directory)
    var folder: String?

    private static let modes = SearchMode.allCases.map(\.rawValue)

    func validate() throws {
        guard Self.modes.contains(mode) else {
            throw ValidationError("--mode is \"\(mode)\"; \(Self.modes.joined(separator: ", ")) are possible")
        }
        guard (1...10_000).contains(k) else { throw ValidationError("-k is \(k); 1 to 10,000 are possible") }
    }

    func open(_ collection: String) async throws -> TextCollection {
        try await TextTarget(collection, folder: folder).openToAsk(embedder: embedder.embedder)
    }

    func search(_ texts: TextCollection, _ question: String) async throws -> SearchAnswer {
        var options = QueryOptions()
        options.filter = try filter.parsed(for: texts.vectors)
        return try await texts.search(question, k: k, mode: SearchMode(rawValue: mode) ?? .vector, options: options)
    }
}
