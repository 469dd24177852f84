import ChildProcesses
import Foundation
import Testing

/// The programs under examples/ do what they say.
struct ExampleTests {
    private static let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("examples").path
    private static let products = URL(fileURLWithPath: MemvecProcess.executable).deletingLastPathComponent().path

    private func run(_ executable: String, _ arguments: [String]) async throws -> (status: Int32, output: String) {
        let folder = try TemporaryFolder(), output = folder.path + "/out"
        let path = Self.products + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        let child = try SpawnedProcess(
            executable, arguments + [folder.collection], environment: ["PATH": path],
            output: ChildPipe.End.file(output), errors: ChildPipe.End.file(folder.path + "/errors"))
        let end = await child.end()
        return (end.status, try String(contentsOfFile: output, encoding: .utf8))
    }

    @Test("the Swift program")
    func quickstart() async throws {
        let (status, output) = try await run(Self.products + "/quickstart", [])
        let lines = output.split(separator: "\n").map(String.init)
        #expect(status == 0 && lines.count == 3)
        #expect(lines.first?.hasPrefix("pear 0.0") == true && lines.last == "left: 2", "\(output)")
    }

    @Test("the shell session")
    func session() async throws {
        let (status, output) = try await run("/bin/sh", [Self.examples + "/session.sh"])
        #expect(status == 0, "\(output)")
        for part in ["imported 3 vectors", "\tapple\t", "\"key\":\"pear\"", "deleted 1 vector", "0 problems"] {
            #expect(output.contains(part), "no \(part) in \(output)")
        }
        #expect(!output.contains("\tgranite\t"))
    }
}
