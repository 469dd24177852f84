import ArgumentParser
import Foundation
import MemVec

/// The program. Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 degraded with --strict, 4 not found.
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

            Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 degraded answer with --strict, 4 not found.
            """,
        subcommands: [
            Create.self, Import.self, Export.self, Query.self, Get.self, List.self, Count.self, Put.self, Delete.self,
            Drop.self, Train.self, Evaluate.self, Bench.self, Stats.self, Verify.self, Rebuild.self, Backup.self,
            Restore.self, Compact.self,
        ])

    static func main() async {
        Waiting.makePassive()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            leave(with: error)
        }
    }

    private static func leave(with error: any Error) -> Never {
        let code = exitCode(for: error).rawValue
        if let quiet = error as? ExitCode { Foundation.exit(quiet.rawValue) }
        // What ArgumentParser has to say: help on standard output, usage errors on standard error.
        if error is CleanExit || code == ExitCode.validationFailure.rawValue || error is ValidationError {
            if code == 0 { exit(withError: error) }
            Terminal.say(fullMessage(for: error))
            Foundation.exit(2)
        }
        if code == 0 { exit(withError: error) }
        Terminal.say("memvec: \(error)")
        Foundation.exit(isNotFound(error) ? 4 : 1)
    }

    private static func isNotFound(_ error: any Error) -> Bool {
        if case MemVecError.notFound = error { true } else { false }
    }
}
