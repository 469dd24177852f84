import ArgumentParser
import Formats
import MemVec
import Vectors

struct Query: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The nearest vectors to a vector, to a key's vector, or to each vector of a file.",
        discussion: """
            memvec query news --key doc-17 -k 5
            memvec query news --vector '[0.1, 0.2, 0.3]' --metadata
            memvec query news --key doc-17 --filter '{"year": {"$gte": 2020}}' --json
            memvec query sift --queries query.fvecs --json > answers.jsonl

            Prints distance, key and where the vector was (ram, warm, cold; index for an estimate), nearest first; \
            what the answer is worth and what it cost goes to standard error. --json prints both as one object a query.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var asked: VectorChoice
    @Option(help: "The vectors of a file, as import reads it.", completion: .file())
    var queries: String?
    @OptionGroup var choices: QueryChoices
    @Flag(help: "Print metadata, too.")
    var metadata = false
    @Flag(help: "End with 3 when an answer is degraded or partial.")
    var strict = false

    func validate() throws {
        guard asked.count + (queries == nil ? 0 : 1) == 1 else {
            throw ValidationError("give one of --vector, --key and --queries")
        }
    }

    func run() async throws {
        try await common.withAskedCollection { collection in
            var options = try choices.options(for: collection)
            options.wantsMetadata = metadata
            var degradedCount = 0, count = 0, trouble: String?
            func answer(_ values: [Float], named name: String?) async throws {
                let answer = try await collection.query(values, k: choices.k, options: options)
                count += 1
                if [.degraded, .partial].contains(answer.provenance.reason) { degradedCount += 1 }
                trouble = answer.provenance.trouble ?? trouble
                print(answer, name)
            }
            if let queries {
                try await forEachVector(of: queries, answer)
            } else {
                try await answer(try await asked.values(in: collection), named: nil)
            }
            if let trouble, degradedCount > 0 {
                Terminal.complain(
                    "\(NumberText.count(degradedCount)) of \(NumberText.counted(count, "answer")) hold estimates, or "
                        + "less: \(trouble)")
            }
            if strict, degradedCount > 0 { throw Outcome.degraded }
        }
    }

    private func forEachVector(
        of path: String, _ body: (_ values: [Float], _ name: String?) async throws -> Void
    ) async throws {
        var reading = ReadingOptions()
        reading.needsKeys = false
        let reader = try VectorFileReader(path: path, options: reading)
        while let batch = try reader.next(atMost: 1000) {
            for i in 0..<batch.count { try await body(Array(batch.vector(at: i)), batch.key(at: i).text) }
        }
    }

    private func print(_ answer: Answer, _ name: String?) {
        let from = answer.provenance
        if common.json {
            var object: JSONObject = ["query": name, "hits": answer.hits.map(\.object)]
            object["provenance"] = from.object
            Terminal.print(object)
            return
        }
        if let name { Terminal.print("query \(name)") }
        for hit in answer.hits { Terminal.print(hit.textLine) }
        Terminal.say(from.text)
    }
}

extension Hit {
    var textLine: String {
        "\(distance)\t\(key)\t\(source.rawValue)" + (metadata.map { "\t\($0.json)" } ?? "")
    }
}

extension Provenance {
    var text: String {
        "\(reason.rawValue): \(NumberText.count(candidateCount)) candidates (\(ramCount) ram, \(warmCount) warm, "
            + "\(coldCount) cold), nprobe \(nprobe), filter \(NumberText.fixed(Double(time.filter) / 1e6, 2)) ms, "
            + "\(NumberText.fixed(Double(time.total) / 1e6, 2)) ms in all"
            + (expectedRecall.map { ", expected recall of the candidates \(NumberText.fixed($0, 4))" } ?? "")
    }
}
