internal import Synchronization

/// Work behind answers, a bounded number at once: what comes beyond is left undone.
final class BackgroundTasks: Sendable {
    private struct State {
        var next = 0
        var running: [Int: Task<Void, Never>] = [:]
    }
    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    func begin(_ work: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            guard state.running.count < limit else { return }
            let number = state.next
            state.next += 1
            state.running[number] = Task { [self] in
                await work()
                self.state.withLock { $0.running[number] = nil }
            }
        }
    }

    /// Returns when all that was begun before is done.
    func settle() async {
        for task in state.withLock({ Array($0.running.values) }) { await task.value }
    }
}
