import ArgumentParser
import MemVec

struct Compact: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Build the collection anew without its dead rows.",
        discussion: """
            memvec compact news

            Overwritten and deleted vectors take room until then. Nobody may have the collection open for writing (a \
            program that has compacts through the library, and by itself once half of many rows are dead); readers go \
            on. Ended early, nothing has changed.
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let progress = StageProgress()
        let report = try await VectorCollection.compact(at: common.folder) { progress.update("compact", $0) }
        progress.finish()
        common.print(
            "\(NumberText.counted(report.liveCount, "vector")) kept, "
                + "\(NumberText.counted(report.deadCount, "dead row")) gone; "
                + "\(NumberText.bytes(report.bytesBefore)) before, \(NumberText.bytes(report.bytesAfter)) after",
            [
                "rows": report.liveCount, "dead": report.deadCount, "bytesBefore": report.bytesBefore,
                "bytesAfter": report.bytesAfter,
            ])
    }
}
