import ArgumentParser
import Formats
import MemVec

struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print keys, or records as JSON lines.",
        discussion: """
            memvec list news --limit 20
            memvec list news --filter '{"year": 2024}' --json
            memvec list news --json --vectors

            The order is the store's own, and the same after a reopen. After --limit the last line on standard error \
            says how the next page is had.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var filter: FilterOption
    @Option(help: "At most so many.")
    var limit: Int?
    @Option(help: "Begin where a page before ended.")
    var after: String?
    @Flag(help: "With --json: print vectors, too.")
    var vectors = false

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is \(limit); 1 or more are possible") }
    }

    func run() async throws {
        try await common.withCollection(readOnly: true) { collection in
            let filter = try filter.parsed(for: collection)
            var output = LineOutput(), position = after, left = limit ?? .max
            repeat {
                let page = try await collection.list(
                    after: position, limit: min(1000, left), filter: filter, wantsVectors: vectors && common.json)
                for record in page.records {
                    if common.json {
                        output.append { record.appendLine(to: &$0) }
                    } else {
                        output.print(record.key.text)
                    }
                }
                left -= page.records.count
                position = page.next
            } while position != nil && left > 0
            output.flush()
            if let position { Terminal.complain("there may be more: --after \(position)") }
        }
    }
}
