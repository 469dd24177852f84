import Foundation
import Testing

@testable import Text

@Suite("programs that embed")
struct CommandEmbedderTests {
    private let folder = TemporaryFolder()

    /// What runs a script of the shell.
    private func shell(_ script: String) throws -> String {
        let path = folder.path + "/embed.sh"
        try Data(script.utf8).write(to: URL(filePath: path))
        return "sh '\(path)'"
    }

    /// What runs a program that answers with the text's length in code points and whether it is a query.
    private func counter() throws -> String {
        let path = folder.path + "/count it.py"
        let script = """
            import json, sys
            for line in sys.stdin:
                asked = json.loads(line)
                print([len(asked["text"]), int(asked["form"] == "query")], flush=True)
            """
        try Data(script.utf8).write(to: URL(filePath: path))
        return "python3 '\(path)'"
    }

    @Test("are given texts and forms, line by line, and answer in order, however much goes to and fro")
    func conversation() async throws {
        let embedder = try await Embedders.make("command:" + counter())
        #expect(embedder.dimension == 2 && embedder.name.hasPrefix("command:python3 "))
        let odd = ["", "two\nlines", "\"quoted\" \\ \u{1}", "日本", String(repeating: "x", count: 3_000_000)]
        let lengths = odd.map { Float($0.unicodeScalars.count) }
        #expect(try await embedder.embed(odd, as: .query) == lengths.map { [$0, 1] })
        // More than the buffers of both directions hold.
        let many = (0..<3000).map { String(repeating: "y", count: $0) }
        #expect(try await embedder.embed(many, as: .passage) == many.map { [Float($0.utf8.count), 0] })
        #expect(try await embedder.embed([], as: .query) == [])
    }

    @Test("are talked to by one call at a time")
    func together() async throws {
        let embedder = try await CommandEmbedder(counter())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for count in 0..<40 {
                group.addTask {
                    let texts = (0..<count).map { String(repeating: "z", count: count * $0) }
                    let vectors = try await embedder.embed(texts, as: .passage)
                    #expect(vectors.map { Int($0[0]) } == texts.map(\.utf8.count))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(
        "that die, write something else or nothing are named with their last line, and started anew",
        arguments: [
            ("exit 3", "ended with code 3; its last line was \"[1,2]\""),
            ("kill -9 $$", "signal 9 ended it; its last line was \"[1,2]\""),
            (
                "exec sleep 1000",
                "wrote no line for 3.0 seconds; it must write each at once; its last line was \"[1,2]\""
            ),
            ("echo hello world", "is no array of numbers; its last line was \"hello world\""),
            ("echo '[1,\"x\"]'", "its last line was \"[1,\\\"x\\\"]\""), ("echo '[]'", "no array of numbers"),
            ("echo '[1e39,0]'", "no array of numbers"), ("echo '[1,2,3]'", "3 values, not 2"),
            ("echo '[1,2]\n[3,4]'; read line", "more lines than it was sent"), ("printf '\\377\\n'", "no array"),
            ("head -c 1100000 /dev/zero; read line", "a line of more than"),
        ])
    func failures(_ script: String, _ problem: String) async throws {
        // Only the second line is answered so.
        let line = try shell("read line; echo '[1,2]'; read line; \(script)\n")
        let embedder = try await CommandEmbedder(line, timeout: .seconds(script.contains("sleep") ? 3 : 60))
        for _ in 0..<2 {
            do {
                _ = try await embedder.embed(["text"], as: .query)
                // One that was started anew answers its first line well.
                _ = try await embedder.embed(["text"], as: .query)
                Issue.record("\(script) did not fail")
            } catch { #expect("\(error)".contains(problem), "\(error)") }
        }
    }

    @Test(
        "that write a line too many are refused before the answers are taken, whenever it comes",
        arguments: [
            // Each answer twice: the first shows it.
            "while read line; do echo '[1,2]'; echo '[3,4]'; done",
            // One too many in between: the last answer is still to come when there are as many lines as texts.
            "n=0; while read line; do sleep 0.1; echo '[1,2]'; n=$((n+1)); [ $n = 3 ] && echo '[9,9]'; done",
            // Behind the last.
            "n=0; while read line; do echo '[1,2]'; n=$((n+1)); [ $n = 6 ] && echo '[9,9]'; done",
            // A part of a line.
            "n=0; while read line; do echo '[1,2]'; n=$((n+1)); [ $n = 6 ] && printf '['; done",
        ])
    func surplus(_ script: String) async throws {
        let line = try shell(script + "\n")
        await #expect(throws: EmbedderError.self) {
            let embedder = try await CommandEmbedder(line)
            _ = try await embedder.embed(["a", "b", "c", "d", "e"], as: .passage)
        }
    }

    @Test("that answer what they were not sent yet are refused")
    func early() throws {
        // The questions are more than the buffers hold, and it reads one of them before it answers all.
        let path = folder.path + "/early.sh"
        let script = "read line; for n in 1 2 3; do echo '[1,2]'; done; exec sleep 1000\n"
        try Data(script.utf8).write(to: URL(filePath: path))
        var conversation = LineConversation(try Program(["sh", path]), timeout: .seconds(60))
        let long = [UInt8](repeating: 0x78, count: 4 << 20)
        do throws(ProgramFailure) {
            _ = try conversation.exchange([[0x78], long, [0x78]])
            Issue.record("its answers were taken")
        } catch {
            #expect(error.problem == "it wrote a line before it was sent one")
        }
        conversation.program.kill()
    }

    @Test("hear the signals that end programs, whatever thread starts them")
    func signals() async throws {
        let seen = folder.path + "/status"
        // By the shell itself: while it starts another program it blocks signals.
        let copy = "while read line; do echo \"$line\"; done </proc/$$/status >'\(seen)'"
        let maker = try shell("\(copy); while read line; do echo '[1,2]'; done\n")
        _ = try await CommandEmbedder(maker)
        let status = try String(contentsOfFile: seen, encoding: .utf8)
        for kind in ["SigBlk", "SigIgn"] {
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(kind + ":") })
            let bits = try #require(line.split(whereSeparator: \.isWhitespace).last.flatMap { UInt64($0, radix: 16) })
            // SIGINT is 2, SIGTERM 15; bit n - 1 is signal n.
            #expect(bits & (1 << 1 | 1 << 14) == 0, "\(line)")
        }
    }

    @Test("that cannot be started, or answer the first text wrong, make no embedder")
    func refused() async throws {
        for line in ["/nowhere/at/all", "sh -c 'exit 1'", "sh -c 'read line; echo 7'", "sh 'open", "  "] {
            await #expect(throws: EmbedderError.self, "\(line)") { _ = try await CommandEmbedder(line) }
        }
    }

    @Test("run for a collection that remembers them only with the user's consent")
    func consent() async throws {
        let marker = folder.path + "/ran"
        let maker = try "command:" + shell("touch '\(marker)'; while read line; do echo '[1,2]'; done\n")
        await #expect(throws: EmbedderError.needsConsent(maker)) {
            _ = try await Embedders.make(remembered: maker, environment: [:])
        }
        #expect(!FileManager.default.fileExists(atPath: marker))
        let embedder = try await Embedders.make(remembered: maker, environment: [Embedders.consentVariable: "1"])
        #expect(embedder.dimension == 2 && FileManager.default.fileExists(atPath: marker))
        #expect(try await Embedders.make(remembered: "hash", environment: [:]).dimension == 384)
    }
}
