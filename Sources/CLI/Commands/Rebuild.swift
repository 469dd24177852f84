import ArgumentParser
import MemVec

struct Rebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the index anew from the vectors, after its snapshot was damaged.",
        discussion: """
            memvec rebuild news

            The store is the truth and is not touched. Ended early, the index is as it was.
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let report = try await common.withCollection { collection in
            let progress = StageProgress()
            defer { progress.finish() }
            return try await collection.train(progress: progress.update)
        }
        common.print(report.text, report.object)
    }
}
