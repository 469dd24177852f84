import ChildProcesses
import Foundation

/// The program CrashWorkload, which is built beside the tests, running.
struct ChildProcess {
    let folder: String
    var environment: [String: String] = [:]

    static var executable: String {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("CrashWorkload").path
    }

    var outputPath: String { folder + ".out" }
    var errorPath: String { folder + ".err" }

    /// Runs it until it ends, or kills it with SIGKILL after `milliseconds`.
    func run(_ arguments: [String], killAfter milliseconds: Int) async throws -> SpawnedProcess.End {
        let process = try SpawnedProcess(
            Self.executable, arguments, environment: environment, output: ChildPipe.End.file(outputPath),
            errors: ChildPipe.End.file(errorPath))
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { process.signal(SIGKILL) }
        return await process.end()
    }

    func output() throws -> String { try String(contentsOfFile: outputPath, encoding: .utf8) }
    func errors() throws -> String { try String(contentsOfFile: errorPath, encoding: .utf8) }
}
