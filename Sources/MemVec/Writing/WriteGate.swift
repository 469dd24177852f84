internal import Synchronization

/// Lets any number of writes through at once, and holds them all while a compaction takes over what is left.
final class WriteGate: Sendable {
    private struct State {
        var active = 0
        var isPaused = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var pauser: CheckedContinuation<Void, Never>?
    }
    private let state = Mutex(State())

    /// Waits while the gate is paused. Each must be followed by ``leave()``.
    func enter() async {
        let isIn = state.withLock { state in
            if !state.isPaused { state.active += 1 }
            return !state.isPaused
        }
        if isIn { return }
        await withCheckedContinuation { continuation in
            let isIn = state.withLock { state in
                if state.isPaused { state.waiting.append(continuation) } else { state.active += 1 }
                return !state.isPaused
            }
            if isIn { continuation.resume() }
        }
    }

    func leave() {
        let pauser = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.active -= 1
            guard state.active == 0 else { return nil }
            defer { state.pauser = nil }
            return state.pauser
        }
        pauser?.resume()
    }

    /// Lets nobody in any more, and waits until those that are in have left. One at a time.
    func pause() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                state.isPaused = true
                if state.active > 0 { state.pauser = continuation }
                return state.active == 0
            }
            if isEmpty { continuation.resume() }
        }
    }

    func resume() {
        let waiting = state.withLock { state in
            state.isPaused = false
            state.active += state.waiting.count
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
