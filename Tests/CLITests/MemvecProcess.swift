import ChildProcesses
import Foundation

/// The program `memvec`, which is built beside the tests, as a child process.
struct MemvecProcess {
    struct End: Sendable {
        let status: Int32
        let output: String
        let errors: String

        /// The JSON objects of the output, a line each.
        var objects: [[String: Any]] {
            output.split(separator: "\n").compactMap {
                try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }
        }
    }

    static let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("memvec").path

    /// Runs it to its end with `input` on its standard input.
    static func run(_ arguments: String..., input: String = "") async throws -> End {
        try await run(arguments, input: input)
    }

    static func run(_ arguments: [String], input: String = "") async throws -> End {
        let child = try RunningMemvec(arguments)
        child.write(input)
        child.closeInput()
        return await child.end()
    }
}

/// A child that is talked to while it runs. Its outputs are read on threads of their own, so that no pipe fills.
final class RunningMemvec: @unchecked Sendable {
    // True because each pipe is used by one thread, and the collected bytes are read after that thread has ended.
    private let process: SpawnedProcess
    private let input: ChildPipe
    private var collected = (output: Data(), errors: Data())
    private let readers = DispatchGroup()
    private let lines = LineWait()

    init(_ arguments: [String]) throws {
        input = try ChildPipe()
        let output = try ChildPipe(), errors = try ChildPipe()
        process = try SpawnedProcess(
            MemvecProcess.executable, arguments, input: input.reading, output: output.writing, errors: errors.writing)
        for end in [input.reading, output.writing, errors.writing] { end.close() }
        read(output.reading) { [self] in
            collected.output += $0
            lines.add($0)
        }
        read(errors.reading) { [self] in collected.errors += $0 }
    }

    func write(_ text: String) { input.writing.write(Data(text.utf8)) }

    func closeInput() { input.writing.close() }

    func interrupt() { process.signal(SIGINT) }
    func terminate() { process.signal(SIGTERM) }

    /// Waits until so many lines have come to standard output.
    func waitForLines(_ count: Int) async { await lines.wait(for: count) }

    func end() async -> MemvecProcess.End {
        let end = await process.end()
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [self] in
                readers.wait()
                continuation.resume(
                    returning: MemvecProcess.End(
                        status: end.status, output: String(decoding: collected.output, as: UTF8.self),
                        errors: String(decoding: collected.errors, as: UTF8.self)))
            }
        }
    }

    private func read(_ pipe: ChildPipe.End, _ take: @escaping @Sendable (Data) -> Void) {
        readers.enter()
        let thread = Thread { [readers] in
            while case let data = pipe.read(), !data.isEmpty { take(data) }
            readers.leave()
        }
        thread.start()
    }
}

/// Counts lines, and wakes who waits for a number of them.
private final class LineWait: Sendable {
    private struct State {
        var count = 0
        var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }
    private let lock = NSLock()
    nonisolated(unsafe) private var state = State()  // guarded by `lock`

    func add(_ data: Data) {
        lock.withLock {
            unsafe state.count += data.count { $0 == 0x0A }
            let count = unsafe state.count
            for waiter in unsafe state.waiting where waiter.count <= count { waiter.continuation.resume() }
            unsafe state.waiting.removeAll { $0.count <= count }
        }
    }

    func wait(for count: Int) async {
        await withCheckedContinuation { continuation in
            lock.withLock {
                if unsafe state.count >= count {
                    continuation.resume()
                } else {
                    unsafe state.waiting.append((count, continuation))
                }
            }
        }
    }
}

/// A folder that goes with its owner.
final class TemporaryFolder: Sendable {
    let path = FileManager.default.temporaryDirectory.path + "/memvec-cli-" + UUID().uuidString

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    var collection: String { path + "/news" }

    func write(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
        return path + "/" + name
    }

    /// A collection of `count` vectors of three values, with metadata.
    func filled(_ count: Int) async throws {
        _ = try await MemvecProcess.run("create", collection, "--dimension", "3", "--metric", "euclidean")
        let end = try await MemvecProcess.run("import", collection, "-", input: Lines.of(0..<count))
        guard end.status == 0 else { throw Unexpected(end: end) }
    }

    struct Unexpected: Error {
        let end: MemvecProcess.End
    }
}

/// Records as `import` reads them.
enum Lines {
    static func of(_ numbers: Range<Int>) -> String { numbers.map { line($0) }.joined() }

    static func line(_ number: Int, vector: String? = nil) -> String {
        let vector = vector ?? "[\(number),1,0.5]"
        return "{\"key\":\"k\(number)\",\"vector\":\(vector),\"metadata\":{\"n\":\(number)}}\n"
    }
}
