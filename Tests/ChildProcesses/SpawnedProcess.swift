public import Foundation
import Synchronization

/// A child process that is reaped as soon as it ends.
///
/// Not Foundation's `Process`: that one learns of a child's end through a socket which other children inherit, and may
/// reap it late or never. The monitor of exit tests looks at whichever child has ended and spins for as long as one
/// that is not its own stays unreaped; the exit tests then never end.
public final class SpawnedProcess: Sendable {
    /// How it ended.
    public struct End: Sendable {
        /// What it exited with; nil where a signal ended it.
        public let exitCode: Int32?
        /// The signal that ended it.
        public let signal: Int32?

        public var wasKilled: Bool { signal == SIGKILL }
        /// As shells have it: 128 and the signal's number where a signal ended it.
        public var status: Int32 { exitCode ?? 128 + (signal ?? 0) }
    }

    private struct State {
        var end: End?
        var waiting: [CheckedContinuation<End, Never>] = []
    }

    public let identifier: pid_t
    private let state = Mutex(State())

    /// Starts `executable` with descriptors 0, 1 and 2 being copies of the given ones; a nil one is /dev/null.
    ///
    /// - Parameter environment: added to this process's own.
    public init(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:], input: ChildPipe.End? = nil,
        output: ChildPipe.End? = nil, errors: ChildPipe.End? = nil
    ) throws {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (number, end) in [input, output, errors].enumerated() {
            if let end {
                unsafe posix_spawn_file_actions_adddup2(&actions, end.descriptor, Int32(number))
            } else {
                unsafe posix_spawn_file_actions_addopen(&actions, Int32(number), "/dev/null", O_RDWR, 0)
            }
        }
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        // The copies live until the call has returned; posix_spawn reads them and keeps none.
        var argv = unsafe ([executable] + arguments).map { unsafe strdup($0) } + [nil]
        var envp = unsafe variables.map { unsafe strdup($0) } + [nil]
        defer {
            for at in unsafe argv.indices { unsafe free(argv[at]) }
            for at in unsafe envp.indices { unsafe free(envp[at]) }
        }
        var identifier: pid_t = 0
        let code = unsafe posix_spawn(&identifier, executable, &actions, nil, &argv, &envp)
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO) }
        self.identifier = identifier
        Thread { self.reap() }.start()
    }

    /// Waits for its end without holding a thread up.
    public func end() async -> End {
        await withCheckedContinuation { continuation in
            let end = state.withLock { state in
                if state.end == nil { state.waiting.append(continuation) }
                return state.end
            }
            if let end { continuation.resume(returning: end) }
        }
    }

    /// Sends a signal, or does nothing where it has ended: its number may be another process's by then.
    public func signal(_ number: Int32) {
        state.withLock { if $0.end == nil { kill(identifier, number) } }
    }

    private func reap() {
        var info = unsafe siginfo_t()
        while unsafe waitid(P_PID, id_t(identifier), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
        let (end, waiting) = state.withLock { state in
            // Under the lock, so that no signal is sent to a number that was given back.
            var status: Int32 = 0
            while unsafe waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
            let signal = status & 0x7F
            let end = End(exitCode: signal == 0 ? (status >> 8) & 0xFF : nil, signal: signal == 0 ? nil : signal)
            state.end = end
            defer { state.waiting.removeAll() }
            return (end, state.waiting)
        }
        for continuation in waiting { continuation.resume(returning: end) }
    }
}
