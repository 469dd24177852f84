internal import Synchronization

/// The time by which the cold path waits. A protocol, so that tests need not wait.
public protocol ColdClock: Sendable {
    /// Since some fixed moment; never goes back.
    var now: Duration { get }
    /// Returns after `duration`, or at once with an error when the task is cancelled.
    func sleep(for duration: Duration) async throws
}

/// The machine's clock.
public struct SystemClock: ColdClock {
    private static let start = ContinuousClock.now

    public init() {}

    public var now: Duration { ContinuousClock.now - Self.start }
    public func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration) }
}

/// A clock that stands still until it is told to go on, for tests.
///
/// ``advance(by:)`` wakes sleepers in the order of their times. ``untilSleepers(_:)`` waits for tasks to have gone to
/// sleep, so that a test need not guess when.
public final class VirtualClock: ColdClock {
    private struct Sleeper {
        let number: Int
        let wakeAt: Duration
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Duration.zero
        var sleepers: [Sleeper] = []
        var cancelled: Set<Int> = []
        var nextNumber = 0
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())
    private let passesByItself: Bool

    /// - Parameter passesByItself: a sleep ends at once and moves the time on: for tests in which only one task sleeps
    ///   at a time.
    public init(passesByItself: Bool = false) { self.passesByItself = passesByItself }

    public var now: Duration { state.withLock { $0.now } }
    public var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    public func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        guard duration > .zero else { return }
        if passesByItself {
            state.withLock { $0.now += duration }
            await Task.yield()
            return
        }
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enqueue(number, duration, continuation)
            }
        } onCancel: {
            cancel(number)
        }
    }

    /// Moves the time on and wakes, in order, whoever wanted to sleep no longer than that.
    public func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.now += duration
            let due = state.sleepers.filter { $0.wakeAt <= state.now }
            state.sleepers.removeAll { $0.wakeAt <= state.now }
            return due.sorted { ($0.wakeAt, $0.number) < ($1.wakeAt, $1.number) }
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    /// Moves the time on to the next sleeper's end, if anybody sleeps.
    public func advanceToNextSleeper() {
        let pause = state.withLock { state in state.sleepers.map(\.wakeAt).min().map { $0 - state.now } }
        if let pause { advance(by: pause) }
    }

    /// Returns once at least `count` tasks sleep.
    public func untilSleepers(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private func enqueue(_ number: Int, _ duration: Duration, _ continuation: CheckedContinuation<Void, any Error>) {
        let (wasCancelled, watchers) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
            if state.cancelled.remove(number) != nil { return (true, []) }
            state.sleepers.append(
                Sleeper(number: number, wakeAt: state.now + duration, continuation: continuation))
            let count = state.sleepers.count
            let satisfied = state.watchers.filter { $0.count <= count }.map(\.continuation)
            state.watchers.removeAll { $0.count <= count }
            return (false, satisfied)
        }
        if wasCancelled { continuation.resume(throwing: CancellationError()) }
        for watcher in watchers { watcher.resume() }
    }

    private func cancel(_ number: Int) {
        let sleeper = state.withLock { state -> Sleeper? in
            guard let index = state.sleepers.firstIndex(where: { $0.number == number }) else {
                state.cancelled.insert(number)
                return nil
            }
            return state.sleepers.remove(at: index)
        }
        sleeper?.continuation.resume(throwing: CancellationError())
    }
}
