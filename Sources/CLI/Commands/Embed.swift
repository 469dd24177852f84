import ArgumentParser
import MemVec
import Text
import Vectors

struct Embed: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Turn texts into vectors: a line of text in, a line of JSON out.",
        discussion: """
            echo "How do I pin a vector?" | memvec embed
            memvec embed --embedder static:models/static --form query < questions.txt > vectors.jsonl

            Each line of standard input is a text; each line of the output is {"vector": [...]}, in the same order. \
            How many and how fast goes to standard error.
            """)

    @OptionGroup var embedder: EmbedderOption
    @Option(help: "What the texts are to be compared as: passage or query.", completion: .list(["passage", "query"]))
    var form = "passage"

    func validate() throws {
        guard TextForm(rawValue: form) != nil else {
            throw ValidationError("--form is \"\(form)\"; passage and query are possible")
        }
    }

    func run() async throws {
        let embedder = try await Embedders.make(embedder.embedder ?? "minilm")
        let form = TextForm(rawValue: form) ?? .passage
        let clock = ContinuousClock()
        var count = 0, seconds = 0.0, output = LineOutput()
        while true {
            var texts: [String] = []
            while texts.count < Self.batch, let line = readLine() { texts.append(line) }
            if texts.isEmpty { break }
            let began = clock.now
            let vectors = try await embedder.embed(texts, as: form)
            seconds += (clock.now - began).seconds
            count += texts.count
            for vector in vectors { output.print((["vector": vector] as JSONObject).json.text) }
        }
        output.flush()
        let rate = seconds > 0 ? Int((Double(count) / seconds).rounded()) : 0
        Terminal.say(
            "\(NumberText.counted(count, "text")) in \(NumberText.fixed(seconds, 3)) s: \(NumberText.count(rate))/s")
    }

    private static let batch = 1024
}
