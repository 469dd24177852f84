import ArgumentParser
import MemVec

struct Count: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Count vectors, or those that match.",
        discussion: """
            memvec count news
            memvec count news --filter '{"year": 2024}'
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var filter: FilterOption

    func run() async throws {
        try await common.withCollection(readOnly: true) { collection in
            let count = try await collection.count(matching: try filter.parsed(for: collection))
            common.print("\(count)", ["count": count])
        }
    }
}
