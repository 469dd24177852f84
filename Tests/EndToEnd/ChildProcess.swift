import Foundation

/// The program CrashWorkload, which is built beside the tests, running.
struct ChildProcess {
    struct End: Sendable {
        let wasKilled: Bool
        let status: Int32
    }

    let folder: String
    var environment: [String: String] = [:]

    private static var executable: URL {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("CrashWorkload")
    }

    var outputPath: String { folder + ".out" }
    var errorPath: String { folder + ".err" }

    /// Runs it until it ends, or kills it with SIGKILL after `milliseconds`.
    func run(_ arguments: [String], killAfter milliseconds: Int) async throws -> End {
        let process = Process()
        process.executableURL = Self.executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        for path in [outputPath, errorPath] { try Data().write(to: URL(fileURLWithPath: path)) }
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errorPath))
        return try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { ended in
                continuation.resume(
                    returning: End(
                        wasKilled: ended.terminationReason == .uncaughtSignal && ended.terminationStatus == SIGKILL,
                        status: ended.terminationStatus))
            }
            do {
                try process.run()
            } catch {
                continuation.resume(throwing: error)
                return
            }
            let pid = process.processIdentifier
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) {
                if process.isRunning { kill(pid, SIGKILL) }
            }
        }
    }

    func output() throws -> String { try String(contentsOfFile: outputPath, encoding: .utf8) }
    func errors() throws -> String { try String(contentsOfFile: errorPath, encoding: .utf8) }
}
