// Unsafe code: what makes it sound. The strings of the arguments live until they are freed after the spawn, which
// copies them; the pipe's ends are closed once each.
internal import Glibc

/// Runs the program of `credential_process`.
enum ChildProcess {
    private static let outputLimit = 1 << 20

    /// What the program prints. Its standard error is ours, so that it can tell the user something.
    /// - Throws: ``CredentialError/processFailed(command:reason:)`` if it cannot be run, ends with another code than 0,
    ///   or takes longer than `timeout`; it is killed then.
    static func output(of arguments: [String], timeout: Duration) async throws(CredentialError) -> [UInt8] {
        let result: Result<[UInt8], CredentialError> = await withCheckedContinuation { continuation in
            let started = TransportThread.start { continuation.resume(returning: run(arguments, timeout)) }
            if !started { continuation.resume(returning: .failure(failed(arguments, "no thread is left"))) }
        }
        return try result.get()
    }

    /// Blocks.
    private static func run(_ arguments: [String], _ timeout: Duration) -> Result<[UInt8], CredentialError> {
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { return .failure(failed(arguments, text(errno))) }
        // Else a program that somebody else starts meanwhile keeps the end open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let (child, code) = spawn(arguments, output: ends[1])
        close(ends[1])
        defer { close(ends[0]) }
        guard code == 0 else { return .failure(failed(arguments, text(code))) }
        let (bytes, reason) = read(ends[0], until: .now + timeout)
        if reason != nil { kill(child, SIGKILL) }
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
        if let reason { return .failure(failed(arguments, reason)) }
        guard status == 0 else {
            let signal = status & 0x7F
            let end = signal == 0 ? "it ended with code \(status >> 8)" : "signal \(signal) ended it"
            return .failure(failed(arguments, end))
        }
        return .success(bytes)
    }

    private static func spawn(_ arguments: [String], output: Int32) -> (child: pid_t, code: Int32) {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        var strings = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe strings.indices { unsafe free(strings[index]) } }
        var child: pid_t = 0
        let program = arguments.first ?? ""
        let code = unsafe posix_spawnp(&child, program, &actions, nil, &strings, environ)
        return (child, code)
    }

    /// Until the program closes its output; nil as the reason if all went well.
    private static func read(_ end: Int32, until deadline: ContinuousClock.Instant) -> ([UInt8], String?) {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let left = (deadline - .now).wholeMilliseconds
            guard left > 0 else { return ([], "it took too long") }
            var waited = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
            let ready = unsafe poll(&waited, 1, Int32(min(left, 60_000)))
            if ready == 0 || (ready < 0 && errno == EINTR) { continue }
            let count = unsafe Glibc.read(end, &chunk, chunk.count)
            if count == 0 { return (bytes, nil) }
            guard count > 0 else { return ([], text(errno)) }
            bytes += chunk[..<count]
            guard bytes.count <= outputLimit else { return ([], "it printed more than \(outputLimit) bytes") }
        }
    }

    private static func failed(_ arguments: [String], _ reason: String) -> CredentialError {
        .processFailed(command: arguments.first ?? "", reason: reason)
    }

    private static func text(_ code: Int32) -> String {
        unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }
}
