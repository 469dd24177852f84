import ArgumentParser
import MemVec

struct Intents: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes that a remote has not confirmed: look at them, send them again, forget them.",
        discussion: """
            memvec intents list news
            memvec intents retry news          # all that are pending
            memvec intents retry news 17 18    # these, conflicts too
            memvec intents drop news 17

            A write is pending when its answer did not come: it may have been done. It is a conflict when somebody \
            else has written the key meanwhile; then a person decides.
            """,
        subcommands: [ListThem.self, Retry.self, Forget.self], defaultSubcommand: ListThem.self)

    struct ListThem: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "Print them, the oldest first.")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.withCollection(readOnly: true) { collection in
                for intent in try collection.intents() {
                    common.print(
                        "\(intent.number)\t\(intent.action.rawValue)\t\(intent.state.rawValue)\t\(intent.key)",
                        [
                            "number": intent.number, "action": intent.action.rawValue,
                            "state": intent.state.rawValue, "key": intent.key.text, "writtenAt": intent.writtenAt,
                        ])
                }
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Send them again.")
        @OptionGroup var common: CommonOptions
        @Argument(help: "Numbers; without any, all that are pending.")
        var numbers: [UInt64] = []

        func run() async throws {
            try await common.withCollection { collection in
                let notes = try await collection.retryIntents(numbers.isEmpty ? nil : numbers)
                for note in notes { Terminal.complain(note) }
                let left = try collection.intents().count
                common.print("\(NumberText.counted(left, "write")) left", ["left": left])
                if !notes.isEmpty { throw Outcome.failed }
            }
        }
    }

    struct Forget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "drop", abstract: "Forget them: they are not sent again.")
        @OptionGroup var common: CommonOptions
        @Argument(help: "Numbers.")
        var numbers: [UInt64]

        func run() async throws {
            try await common.withCollection { collection in
                let count = try await collection.dropIntents(numbers)
                common.print("dropped \(NumberText.counted(count, "write"))", ["dropped": count])
            }
        }
    }
}
