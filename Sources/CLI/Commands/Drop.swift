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
    @OptionGroup var removal: RemovalOptions

    func run() async throws { try await removal.remove(common) }
}
