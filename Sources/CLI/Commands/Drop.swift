import ArgumentParser
import MemVec

struct Drop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove a collection with everything in it.",
        discussion: """
            memvec drop news --dry-run
            memvec drop news --yes

            A terminal is asked for the folder's name; a script says --yes. What a remote holds is not touched.
            """)

    @OptionGroup var common: CommonOptions
    @Flag(help: "Only say what would go.")
    var dryRun = false
    @Flag(help: "Do not ask.")
    var yes = false

    func run() async throws {
        let there = try await VectorCollection.drop(at: common.folder, reallyRemove: false)
        let loss =
            "\(common.folder): \(NumberText.counted(there.vectorCount, "vector")), "
            + NumberText.bytes(there.byteCount)
        if dryRun {
            common.print("would remove \(loss)", Self.object(there, removed: false))
            return
        }
        guard try Confirmation.ask(loss: loss, word: common.folder, isGiven: yes) == .goOn else { return }
        let gone = try await VectorCollection.drop(at: common.folder, reallyRemove: true)
        common.print("removed \(loss)", Self.object(gone, removed: true))
    }

    private static func object(_ report: DropReport, removed: Bool) -> JSONObject {
        ["vectors": report.vectorCount, "bytes": report.byteCount, "removed": removed]
    }
}
