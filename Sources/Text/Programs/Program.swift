// Unsafe code: what makes it sound. The strings of the arguments live until they are freed after the spawn, which
// copies them; the ends of the socket are closed once each; a process is not signalled once it was reaped.
internal import Dispatch
internal import Glibc
internal import S3Vectors
internal import Synchronization

/// A child process whose standard input and output are one socket of ours. Its standard error is ours, so that it can
/// tell the user something.
final class Program: Sendable {
    /// Our end. A pipe whose reader has died would end this process; of a socket that is an error.
    let socket: Int32
    private let life: Life

    /// The child, apart from who talks to it: a thread waits for its end.
    private final class Life: Sendable {
        let identifier: pid_t
        let status = Mutex<Int32?>(nil)
        let ended = DispatchSemaphore(value: 0)

        init(_ identifier: pid_t) { self.identifier = identifier }

        func reap() {
            var information = unsafe siginfo_t()
            // Seen first and reaped under the lock, so that nobody signals a process that has its number by then.
            while unsafe waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
            status.withLock { status in
                var code: Int32 = 0
                while unsafe waitpid(identifier, &code, 0) < 0, errno == EINTR {}
                status = code
            }
            ended.signal()
        }

        func send(_ signal: Int32) { status.withLock { if $0 == nil { _ = Glibc.kill(identifier, signal) } } }
    }

    /// Starts a program, found as a shell finds it.
    ///
    /// - Parameter words: the program and its arguments.
    /// - Throws: ``ProgramFailure``.
    init(_ words: [String]) throws(ProgramFailure) {
        var ends: [Int32] = [0, 0]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw ProgramFailure(problem: SystemText.of(errno))
        }
        let (child, code) = Self.spawn(words, end: ends[1])
        close(ends[1])
        guard code == 0 else {
            close(ends[0])
            throw ProgramFailure(problem: "it cannot be started: \(SystemText.of(code))")
        }
        socket = ends[0]
        life = Life(child)
        let life = life
        if !TransportThread.start({ life.reap() }) {
            life.send(SIGKILL)
            life.reap()
            throw ProgramFailure(problem: "no thread is left")
        }
    }

    deinit {
        close(socket)
        life.send(SIGTERM)
    }

    func kill() { life.send(SIGKILL) }

    /// How it ended, for people; nil if it still runs after a second.
    func end() -> String? {
        guard life.ended.wait(timeout: .now() + 1) == .success else { return nil }
        life.ended.signal()
        return life.status.withLock { status in
            guard let status else { return nil }
            let signal = status & 0x7F
            return signal == 0 ? "it ended with code \(status >> 8 & 0xFF)" : "signal \(signal) ended it"
        }
    }

    private static func spawn(_ words: [String], end: Int32) -> (child: pid_t, code: Int32) {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [0, 1] as [Int32] { unsafe posix_spawn_file_actions_adddup2(&actions, end, descriptor) }
        var strings = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe strings.indices { unsafe free(strings[index]) } }
        var attributes = Self.attributes()
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var child: pid_t = 0
        let code = unsafe posix_spawnp(&child, words.first ?? "", &actions, &attributes, &strings, environ)
        return (child, code)
    }

    /// Of a process that hears every signal: threads of Dispatch, one of which calls this, hold SIGTERM and SIGINT
    /// back, and a child would have that from them.
    private static func attributes() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        var none = sigset_t()
        unsafe sigemptyset(&none)
        var usual = sigset_t()
        unsafe sigemptyset(&usual)
        for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&usual, signal) }
        unsafe posix_spawnattr_init(&attributes)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &usual)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        return attributes
    }
}

/// Why a program cannot be talked to.
struct ProgramFailure: Error {
    var problem: String
}

enum SystemText {
    static func of(_ code: Int32) -> String {
        unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }
}
