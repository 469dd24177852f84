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
    @OptionGroup var removal: RemovalOptions

    func run() async throws {
        guard let address = try VectorCollection.coldAddress(of: common.folder) else {
            throw ValidationError(
                "\(common.folder) holds its vectors itself; memvec drop removes it, memvec export copies it")
        }
        let waiting = try await common.withCollection(readOnly: true) { try $0.intents().count }
        guard waiting == 0 else {
            Terminal.complain(
                "\(NumberText.counted(waiting, "write")) to \(address) are not confirmed; see memvec intents list "
                    + common.folder)
            throw Outcome.failed
        }
        try await removal.remove(common, beside: "; \(address) stays as it is")
    }
}
