internal import Glibc
internal import Synchronization

/// A named place where tests can make a thread wait, or the process die, exactly there.
///
/// Costs one relaxed load where nothing is armed. A child process is armed by `MEMVEC_KILL_AT=name` or
/// `MEMVEC_KILL_AT=name:n`, which sends SIGKILL to itself when the place is reached for the n-th time.
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

    /// Arms what the environment asks for. Called once, by a program that is to be killed.
    public static func armFromEnvironment() {
        guard let text = unsafe getenv("MEMVEC_KILL_AT").map({ unsafe String(cString: $0) }) else { return }
        let parts = text.split(separator: ":")
        guard let name = parts.first else { return }
        let left = CountDown(parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
        arm(String(name)) { if left.step() { kill(getpid(), SIGKILL) } }
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
