import ArgumentParser
import MemVec

struct Sync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find what others have added, changed or deleted in the remote, for the price of one listing.",
        discussion: """
            memvec sync news
            memvec sync news --segments 1     # the fewest pages

            What is written here meanwhile is left alone; a key that the listing does not show is asked for by itself \
            before it is removed here.
            """)

    @OptionGroup var common: CommonOptions
    @Option(help: "Parts that are listed side by side, 1 to 16: each costs half a page more.")
    var segments = VectorCollection.listingSegments

    func validate() throws {
        guard (1...16).contains(segments) else {
            throw ValidationError("--segments is \(segments); 1 to 16 are possible")
        }
    }

    func run() async throws {
        try await common.withCollection { collection in
            let line = ListingLine(expected: try await collection.count())
            let report = try await collection.sync(segments: segments, progress: line.update)
            line.finish()
            common.print(Self.text(report), Self.object(report))
        }
    }

    private static func text(_ report: SyncReport) -> String {
        "compared \(NumberText.counted(report.listedCount, "vector")) in \(NumberText.seconds(report.seconds)): "
            + "\(NumberText.count(report.addedCount)) added, \(NumberText.count(report.changedCount)) changed, "
            + "\(NumberText.count(report.metadataCount)) with other metadata, "
            + "\(NumberText.count(report.deletedCount)) deleted, \(NumberText.count(report.busyCount)) being written "
            + "here; \(NumberText.counted(report.pageCount, "page")), "
            + "\(NumberText.counted(report.fetchCount, "call")) by key, $\(NumberText.fixed(report.dollars, 6))"
    }

    private static func object(_ report: SyncReport) -> JSONObject {
        [
            "listed": report.listedCount, "added": report.addedCount, "changed": report.changedCount,
            "metadata": report.metadataCount, "deleted": report.deletedCount, "unchanged": report.unchangedCount,
            "busy": report.busyCount, "refused": report.refusedCount, "pages": report.pageCount,
            "fetches": report.fetchCount, "dollars": report.dollars, "seconds": report.seconds,
        ]
    }
}
