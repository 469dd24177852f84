import ArgumentParser
import Glibc
import S3Vectors

/// The program. Exit codes: ``Outcome``.
@main
struct Memvec: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "memvec",
        abstract: "Vectors on RAM and SSD, in front of Amazon S3 Vectors or alone.",
        discussion: """
            memvec create news --dimension 384 --metric cosine
            memvec import news vectors.jsonl
            memvec query news --key doc-17 -k 5
            memvec stats news

            Data go to standard output, all else to standard error. Every command takes --json.
            Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 degraded answer with --strict, 4 not found, 5 some \
            lines refused (rerank --errors); 130 and 143 after Ctrl-C and SIGTERM, with everything that was \
            acknowledged on disk.
            Completions: memvec --generate-completion-script bash (or zsh, fish).
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Vectors",
                subcommands: [
                    Create.self, Import.self, Export.self, Query.self, Rerank.self, Get.self, List.self, Count.self,
                    Put.self, Delete.self, Drop.self,
                ]),
            CommandGroup(name: "Texts", subcommands: [Ingest.self, Search.self, Ask.self, Documents.self, Embed.self]),
            CommandGroup(name: "Remotes", subcommands: [Attach.self, Sync.self, Intents.self, Detach.self]),
            CommandGroup(
                name: "Quality and speed",
                subcommands: [
                    Train.self, Evaluate.self, Bench.self, Explain.self, Advise.self, Candidates.self, Pin.self,
                    Unpin.self,
                    Warm.self,
                ]),
            CommandGroup(
                name: "Upkeep",
                subcommands: [
                    Stats.self, Doctor.self, Verify.self, Rebuild.self, Compact.self, Backup.self, Restore.self,
                    Prices.self,
                ]),
            CommandGroup(name: "Serving", subcommands: [Serve.self]),
            CommandGroup(name: "Extending", subcommands: [New.self, Reference.self]),
        ])

    static func main() async {
        Waiting.makePassive()
        S3VectorsStores.register(dotEnv: PriceOptions.dotEnv)
        do {
            var command = try parseAsRoot(ServeArguments.expanded(Array(CommandLine.arguments.dropFirst())))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            Outcome.leave(Outcome.fine.rawValue)
        } catch {
            Outcome.end(with: error)
        }
    }
}
