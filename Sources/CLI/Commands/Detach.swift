import ArgumentParser
import MemVec

struct Detach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove a collection in front of a remote from this machine; the remote stays as it is.",
        discussion: """
            memvec detach news --dry-run
            memvec detach news --yes

            Refused while writes wait to be confirmed by the remote (memvec intents).
            """)

    @OptionGroup var common: CommonOptions
    @Flag(help: "Only say what would go.")
    var dryRun = false
    @Flag(help: "Do it without asking.")
    var yes = false

    func run() async throws {
        guard let address = try VectorCollection.coldAddress(of: common.folder) else {
            throw ValidationError(
                "\(common.folder) holds its vectors itself; memvec drop removes it, memvec export copies it")
        }
        let (count, waiting) = try await common.withCollection(readOnly: true) { collection in
            (try await collection.count(), try collection.intents().count)
        }
        guard waiting == 0 else {
            Terminal.complain(
                "\(NumberText.counted(waiting, "write")) to \(address) are not confirmed; see memvec intents list "
                    + common.folder)
            throw Outcome.failed
        }
        let loss = "\(common.folder): what is kept here of \(NumberText.counted(count, "vector")) of \(address)"
        if !dryRun {
            guard try Confirmation.ask(loss: loss, word: common.folder, isGiven: yes) == .goOn else { return }
        }
        let report = try await VectorCollection.drop(at: common.folder, reallyRemove: !dryRun)
        common.print(
            "\(dryRun ? "would remove" : "removed") \(loss), \(NumberText.bytes(report.byteCount)); "
                + "\(address) is as it was",
            ["folder": common.folder, "vectors": count, "bytes": report.byteCount, "removed": !dryRun])
    }
}
