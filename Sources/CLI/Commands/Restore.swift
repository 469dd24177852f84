import ArgumentParser
import MemVec

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a collection from a backup, once everything in it has been checked.",
        discussion: """
            memvec restore backups/news-monday news

            The backup stays as it is. A backup that verify finds fault with is not restored.
            """)

    @Argument(help: "The backup's folder.", completion: .directory)
    var backup: String
    @Argument(help: "The new collection's folder.", completion: .directory)
    var folder: String
    @Flag(help: "Print JSON: one object on a line.")
    var json = false

    func run() async throws {
        try await CommonOptions.withCollection(at: backup, readOnly: true) { copy in
            let report = try await copy.verify()
            guard report.isSound else {
                for problem in report.problems { Terminal.complain(problem) }
                Terminal.complain("\(backup) is not sound: nothing was restored")
                throw Outcome.failed
            }
            try await copy.backup(to: folder)
            if json {
                Terminal.print(["folder": folder, "vectors": report.liveCount])
            } else {
                Terminal.print("\(NumberText.counted(report.liveCount, "vector")) restored to \(folder)")
            }
        }
    }
}
