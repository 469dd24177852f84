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
            common.print(report.text, report.object)
        }
    }
}
