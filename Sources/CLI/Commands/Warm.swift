import ArgumentParser
import MemVec

struct Warm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring vectors near before they are asked for.",
        discussion: """
            memvec warm news
            memvec warm news --filter '{"year": {"$gte": 2024}}'

            Of a remote collection: from the cold store into the warm tier, as far as its budget goes. Of a local one: \
            from the disk into the page cache.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var filter: FilterOption

    func run() async throws {
        try await common.withCollection { collection in
            var progress: Progress?
            let report = try await collection.warm(matching: filter.parsed(for: collection)) { done, total in
                if progress == nil { progress = Progress("warm", total: total) }
                progress?.update(done)
            }
            progress?.finish()
            let rest = report.wantedCount - report.presentCount - report.fetchedCount
            common.print(
                "\(NumberText.counted(report.presentCount, "vector")) were near, "
                    + "\(NumberText.count(report.fetchedCount)) were fetched"
                    + (report.isOverBudget
                        ? "; \(NumberText.count(rest)) are left: the warm budget is spent (--warm-budget)" : ""),
                [
                    "wanted": report.wantedCount, "present": report.presentCount, "fetched": report.fetchedCount,
                    "overBudget": report.isOverBudget,
                ])
        }
    }
}
