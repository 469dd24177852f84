internal import Glibc
internal import Synchronization

/// A named place where tests can make a thread wait, or the process stop or die, exactly there.
///
/// Costs one relaxed load where nothing is armed. A child process is armed from its environment
/// (``armFromEnvironment()``), by `NAME` or `NAME:n`, which means the n-th time that the place is reached:
///
///     MEMVEC_KILL_AT=store.commit:3     SIGKILL to itself
///     MEMVEC_PAUSE_AT=store.committed   SIGSTOP to itself: the parent sees it stop (waitpid with WUNTRACED), does what
///                                       it wants to do meanwhile, and sends SIGCONT
///
/// The places of this module, in the order of a write:
///
///     store.begin         in the write transaction, before anything is done
///     store.commit        all is written, nothing is committed
///     store.committed     on disk; no reader of this process sees it yet
///     store.blocks        addresses of new blocks are published, rows are not live yet
///     store.published     all is published, the caller is not told yet
///     file.written        `Files.writeAtomically`: the new file is whole and synced beside the old one
///     file.renamed        it has the old one's name; the folder is not synced yet
public enum FaultPoint {
    private static let isArmed = Atomic<Bool>(false)
    private static let actions = Mutex<[String: @Sendable () -> Void]>([:])

    /// Runs what is armed for `name`.
    @inline(__always)
    public static func reached(_ name: StaticString) {
        if isArmed.load(ordering: .relaxed) { run("\(name)") }
    }

    /// Has `action` run, on the thread that gets there, each time `name` is reached; nil disarms.
    public static func arm(_ name: String, _ action: (@Sendable () -> Void)?) {
        actions.withLock {
            $0[name] = action
            isArmed.store(!$0.isEmpty, ordering: .relaxed)
        }
    }

    /// Has the process send itself `signal` when `name` is reached for the `count`-th time from now on.
    public static func arm(_ name: String, signal: Int32, at count: Int = 1) {
        let left = CountDown(count)
        arm(name) { if left.step() { kill(getpid(), signal) } }
    }

    /// Arms what the environment asks for. Called once, by a program that is to be killed or stopped.
    public static func armFromEnvironment() {
        for (variable, signal) in [("MEMVEC_KILL_AT", SIGKILL), ("MEMVEC_PAUSE_AT", SIGSTOP)] {
            guard let text = unsafe getenv(variable).map({ unsafe String(cString: $0) }) else { continue }
            let parts = text.split(separator: ":")
            guard let name = parts.first else { continue }
            arm(String(name), signal: signal, at: parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
        }
    }

    private final class CountDown: Sendable {
        private let left: Atomic<Int>
        init(_ count: Int) { left = Atomic(count) }
        func step() -> Bool { left.wrappingSubtract(1, ordering: .relaxed).newValue == 0 }
    }

    private static func run(_ name: String) {
        let action = actions.withLock { $0[name] }
        action?()
    }
}
