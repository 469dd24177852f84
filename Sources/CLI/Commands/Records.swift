import ArgumentParser
import Foundation
import MemVec

struct Get: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the records of some keys as JSON lines.", discussion: "memvec get news doc-17 doc-18")

    @OptionGroup var common: CommonOptions
    @Argument(help: "Keys.")
    var keys: [String]

    func run() async throws {
        let collection = try await common.open(readOnly: true)
        var missing: [String] = []
        for (key, record) in zip(keys, try await collection.get(keys)) {
            if let record { Terminal.print(record.jsonLine(withVector: true)) } else { missing.append(key) }
        }
        if let first = missing.first { throw MemVecError.notFound(key: first) }
    }
}

struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print keys, or records as JSON lines.",
        discussion: "memvec list news --filter '{\"year\": 2024}' --limit 20")

    @OptionGroup var common: CommonOptions
    @Option(help: "Only vectors whose metadata match.")
    var filter: String?
    @Option(help: "At most so many.")
    var limit: Int?

    func run() async throws {
        let collection = try await common.open(readOnly: true)
        let filter = try filter.map { try Filter(json: $0, nonFilterable: collection.nonFilterableKeys) }
        var position: String?, left = limit ?? Int.max
        repeat {
            let page = try await collection.list(after: position, limit: min(10_000, max(1, left)), filter: filter)
            for record in page.records.prefix(left) {
                Terminal.print(common.json ? record.jsonLine(withVector: false) : record.key.text)
            }
            left -= page.records.count
            position = page.next
        } while position != nil && left > 0
    }
}

struct Count: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Count vectors, or those that match.", discussion: "memvec count news --filter '{\"year\": 2024}'")

    @OptionGroup var common: CommonOptions
    @Option(help: "Only vectors whose metadata match.")
    var filter: String?

    func run() async throws {
        let collection = try await common.open(readOnly: true)
        let filter = try filter.map { try Filter(json: $0, nonFilterable: collection.nonFilterableKeys) }
        let count = try await collection.count(matching: filter)
        common.json ? Terminal.print(json: ["count": count]) : Terminal.print("\(count)")
    }
}

struct Put: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put one vector, or change the metadata of one.",
        discussion: """
            memvec put news doc-17 --vector '[0.1, 0.2, 0.3]' --metadata '{"year": 2024}'
            memvec put news doc-17 --metadata '{"year": 2025}'
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The key.")
    var key: String
    @Option(help: "The vector as a JSON array; without it only the metadata is replaced.")
    var vector: String?
    @Option(help: "A JSON object.")
    var metadata = "{}"

    func run() async throws {
        let collection = try await common.open()
        let metadata = try Metadata(json: metadata)
        if let vector {
            guard case .array(let numbers) = try JSONValue(vector) else {
                throw ValidationError("--vector must be a JSON array of numbers")
            }
            let floats = numbers.compactMap { $0.double.map(Float.init) }
            guard floats.count == numbers.count else {
                throw ValidationError("--vector holds something that is no number")
            }
            try await collection.put([try VectorRecord(key: key, values: floats, metadata: metadata)])
        } else {
            try await collection.setMetadata(metadata, ofKey: key)
        }
        try await collection.close()
        if common.json { Terminal.print(json: ["put": key]) } else { Terminal.print("put \(key)") }
    }
}

struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Delete keys, or all vectors that match a filter.",
        discussion: "memvec delete news doc-17 doc-18\nmemvec delete news --filter '{\"year\": {\"$lt\": 2000}}' --yes")

    @OptionGroup var common: CommonOptions
    @Argument(help: "Keys.")
    var keys: [String] = []
    @Option(help: "Delete all vectors whose metadata match.")
    var filter: String?
    @Flag(help: "With --filter: delete; without this only how many would go is said.")
    var yes = false

    func run() async throws {
        guard (filter == nil) != keys.isEmpty else { throw ValidationError("give keys, or --filter") }
        let collection = try await common.open()
        let count: Int
        if let filter {
            let filter = try Filter(json: filter, nonFilterable: collection.nonFilterableKeys)
            guard yes else {
                let count = try await collection.count(matching: filter)
                common.json
                    ? Terminal.print(json: ["deleted": 0, "matching": count])
                    : Terminal.print("would delete \(count) vectors; --yes does it")
                return
            }
            count = try await collection.delete(matching: filter)
        } else {
            count = try await collection.delete(keys: keys)
        }
        try await collection.close()
        common.json ? Terminal.print(json: ["deleted": count]) : Terminal.print("deleted \(count) vectors")
    }
}
