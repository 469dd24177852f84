import Foundation
import Testing

@Suite("memvec serve")
struct ServeTests {
    @Test("it says where it serves, and ends at SIGTERM without a complaint")
    func serves() async throws {
        let folder = try TemporaryFolder(), log = folder.path + "/access.log"
        let child = try RunningMemvec([
            "serve", folder.path + "/root", "--listen", "127.0.0.1:0", "--access-log", log, "--simulate-latency", "1ms",
            "--simulate-faults", "503=0.5;seed=2", "--max-connections", "8", "--request-timeout", "30s",
        ])
        await child.waitForLines(1)
        child.terminate()
        let end = await child.end()
        #expect(end.status == 0 && end.errors.isEmpty)
        #expect(end.output.hasPrefix("memvec: serving \(folder.path)/root at http://127.0.0.1:"))
        #expect(FileManager.default.fileExists(atPath: log))
    }

    @Test(
        "wrong words are refused by name",
        arguments: [
            ("--simulate-faults", "504=1"), ("--simulate-latency", "soon"), ("--max-connections", "0"),
            ("--request-timeout", "-1s"), ("--sync-every", "often"), ("--sync-every", "10ms"), ("--reads", "both"),
            ("--prices", "/none"),
            ("--listen", "0.0.0.0:8080"), ("--account-id", "7"),
        ])
    func usage(_ option: String, _ value: String) async throws {
        let end = try await MemvecProcess.run("serve", "--ephemeral", "\(option)=\(value)")
        #expect(end.status == 2)
        #expect(end.errors.contains(option) || end.errors.contains("--credentials"), "\(end.errors)")
    }

    @Test("an empty folder is not the root of the file system")
    func emptyFolder() async throws {
        // One that takes it for that ends at the keys, before it touches anything there.
        let end = try await MemvecProcess.run("serve", "", "--listen", "127.0.0.1:0", "--credentials", "/none/keys")
        #expect(end.status == 2 && end.output.isEmpty)
        #expect(end.errors.contains("name a folder"), "\(end.errors)")
    }
}
