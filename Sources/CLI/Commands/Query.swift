import ArgumentParser
import Foundation
import MemVec

/// How a query is answered, where it differs from the collection's settings.
struct QueryChoices: ParsableArguments {
    @Option(name: .shortAndLong, help: "Hits wanted, 1 to 10,000.")
    var k = 10
    @Option(help: "Only vectors whose metadata match, as S3 Vectors' filters.")
    var filter: String?
    @Flag(help: "Scan everything: the truth.")
    var exact = false
    @Option(help: "Recall@10 to aim at.")
    var recall: Double?
    @Option(help: "Lists looked into.")
    var nprobe: Int?
    @Option(help: "Candidates scored exactly.")
    var candidates: Int?
    @Option(help: "off or threshold:X[,best|kth].")
    var policy: String?

    func options(_ collection: VectorCollection) throws -> QueryOptions {
        var options = QueryOptions()
        options.filter = try filter.map { try Filter(json: $0, nonFilterable: collection.nonFilterableKeys) }
        options.isExact = exact
        options.recall = recall
        options.nprobe = nprobe
        options.candidates = candidates
        options.policy = try policy.map { try PolicyName($0) }
        return options
    }
}

struct Query: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The nearest vectors to a vector or to a key's vector.",
        discussion: """
            memvec query news --vector '[0.1, 0.2, 0.3]' -k 5
            memvec query news --key doc-17 --filter '{"year": {"$gte": 2020}}' --metadata
            """)

    @OptionGroup var common: CommonOptions
    @Option(help: "The vector as a JSON array; - reads it from standard input.")
    var vector: String?
    @Option(help: "Take this key's vector.")
    var key: String?
    @OptionGroup var choices: QueryChoices
    @Flag(help: "Print metadata, too.")
    var metadata = false
    @Flag(help: "End with 3 when the answer is degraded.")
    var strict = false

    func run() async throws {
        let collection = try await common.open(readOnly: true)
        var options = try choices.options(collection)
        options.wantsMetadata = metadata
        let answer = try await collection.query(try await values(collection), k: choices.k, options: options)
        for hit in answer.hits { common.json ? Terminal.print(hit.jsonLine) : Terminal.print(hit.textLine) }
        let from = answer.provenance
        Terminal.say(
            String(
                format: "%@: %d candidates (%d ram, %d warm, %d cold), nprobe %d, filter %.2f ms, %.2f ms in all",
                from.reason.rawValue,
                from.candidateCount, from.ramCount, from.warmCount, from.coldCount, from.nprobe,
                Double(from.time.filter) / 1e6, Double(from.time.total) / 1e6))
        if strict, from.reason == .degraded { throw ExitCode(3) }
    }

    private func values(_ collection: VectorCollection) async throws -> [Float] {
        switch (vector, key) {
        case (let text?, nil):
            let text =
                text == "-" ? String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self) : text
            guard case .array(let numbers) = try JSONValue(text) else {
                throw ValidationError("--vector must be a JSON array of numbers")
            }
            let floats = numbers.compactMap { $0.double.map(Float.init) }
            guard floats.count == numbers.count else {
                throw ValidationError("--vector holds something that is no number")
            }
            return floats
        case (nil, let key?):
            guard let record = try await collection.get([key])[0] else { throw MemVecError.notFound(key: key) }
            return record.values
        default: throw ValidationError("give either --vector or --key")
        }
    }
}

extension Hit {
    var jsonLine: String {
        var members: [JSONValue.Member] = [
            .init("key", .string(key.text)), .init("distance", .number(Double("\(distance)") ?? Double(distance))),
            .init("exact", .boolean(isExact)), .init("source", .string(source.rawValue)),
        ]
        if let metadata { members.append(.init("metadata", .object(metadata.fields))) }
        return JSONValue.object(members).text
    }

    var textLine: String {
        "\(distance)\t\(key)" + (metadata.map { "\t\($0.json)" } ?? "")
    }
}
