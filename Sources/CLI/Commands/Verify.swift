import ArgumentParser
import MemVec

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check everything against everything else.",
        discussion: """
            memvec verify news

            Reads all keys, records, vectors, checksums, postings, the journal and the index. Changes nothing; ends \
            with 1 when something is wrong, and names it. The warm file of a collection in front of a remote is a \
            cache and not looked at: its blocks are checked whenever it is opened, and damaged ones are left out.
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.withCollection(readOnly: true) { collection in
            let report = try await collection.verify()
            if !common.json { for problem in report.problems { Terminal.print(problem) } }
            common.print(
                "\(NumberText.counted(report.liveCount, "vector")), \(NumberText.counted(report.blockCount, "block")), "
                    + NumberText.counted(report.problems.count, "problem"),
                ["rows": report.liveCount, "blocks": report.blockCount, "problems": report.problems])
            if !report.isSound { throw Outcome.failed }
        }
    }
}
