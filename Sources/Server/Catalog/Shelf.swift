internal import MemVec
internal import Synchronization

/// An index that is open.
final class OpenIndex: Sendable {
    let name: IndexName
    let collection: VectorCollection
    private let box: Mutex<IndexFacts>

    init(name: IndexName, collection: VectorCollection, facts: IndexFacts) {
        self.name = name
        self.collection = collection
        box = Mutex(facts)
    }

    var facts: IndexFacts {
        get { box.withLock { $0 } }
        set { box.withLock { $0 = newValue } }
    }
}

/// The indexes that are open, the last used ones of all.
final class Shelf: Sendable {
    private enum Entry {
        case opening(Task<OpenIndex, any Error>)
        case open(OpenIndex, lastUse: UInt64)
        /// Closing, or being removed.
        case leaving(Task<Void, Never>)
    }

    private struct State {
        var entries: [IndexName: Entry] = [:]
        var tick: UInt64 = 0
        var isClosed = false
    }

    /// Times the map of each it leaves half of the address space free.
    static let usualLimit = 64

    private let openLimit: Int
    private let state = Mutex(State())

    init(openLimit: Int = usualLimit) { self.openLimit = openLimit }

    /// Those that are open now; to look at them is no use.
    var open: [OpenIndex] {
        state.withLock { state in
            state.entries.values.compactMap { if case .open(let index, _) = $0 { index } else { nil } }
        }
    }

    private enum Step {
        case ready(OpenIndex)
        case wait(Task<OpenIndex, any Error>)
        case leave(Task<Void, Never>)
    }

    /// The index, by `open` if it is not open; tasks that ask for one index at once open it once.
    func index(
        _ name: IndexName, _ open: @escaping @Sendable () async throws -> OpenIndex
    ) async throws -> OpenIndex {
        while true {
            let step = try state.withLock { state throws -> Step in
                guard !state.isClosed else { throw MemVecError.closed }
                state.tick += 1
                switch state.entries[name] {
                case .open(let index, _):
                    state.entries[name] = .open(index, lastUse: state.tick)
                    return .ready(index)
                case .opening(let task): return .wait(task)
                case .leaving(let task): return .leave(task)
                case nil:
                    let task = Task { try await self.take(name, open) }
                    state.entries[name] = .opening(task)
                    return .wait(task)
                }
            }
            switch step {
            case .ready(let index): return index
            case .wait(let task): return try await task.value
            case .leave(let task): await task.value
            }
        }
    }

    private func take(
        _ name: IndexName, _ open: @Sendable () async throws -> OpenIndex
    ) async throws -> OpenIndex {
        do {
            let index = try await open()
            state.withLock { $0.entries[name] = .open(index, lastUse: $0.tick) }
            makeRoom()
            return index
        } catch {
            state.withLock { $0.entries[name] = nil }
            throw error
        }
    }

    /// Closes those that were not used for longest while more than the limit are open.
    private func makeRoom() {
        state.withLock { state in
            var open = state.entries.compactMap { name, entry -> (name: IndexName, index: OpenIndex, use: UInt64)? in
                // A comparison with a remote is paid for: it comes to its end.
                if case .open(let index, let use) = entry, !index.collection.isCompared {
                    (name, index, use)
                } else {
                    nil
                }
            }
            guard open.count > openLimit else { return }
            open.sort { $0.use < $1.use }
            for old in open.prefix(open.count - openLimit) {
                state.entries[old.name] = .leaving(leave(old.name, old.index) {})
            }
        }
    }

    /// Closes the index, then runs `body`. Nobody here holds the index by then: one that could not be closed well
    /// gives its lock back when it goes.
    private func leave(
        _ name: IndexName, _ index: OpenIndex?, then body: @escaping @Sendable () async -> Void
    ) -> Task<Void, Never> {
        let last = Last(index)
        return Task {
            await last.close()
            await body()
            self.state.withLock { $0.entries[name] = nil }
        }
    }

    /// A reference that is let go.
    private final class Last: Sendable {
        private let box: Mutex<OpenIndex?>

        init(_ index: OpenIndex?) { box = Mutex(index) }

        func close() async {
            let index = box.withLock { held in
                defer { held = nil }
                return held
            }
            // What was acknowledged is on disk in any case.
            try? await index?.collection.close()
        }
    }

    /// Closes the index and runs `body`, while nobody can open it.
    func remove(_ name: IndexName, _ body: @escaping @Sendable () async throws -> Void) async throws {
        let failure = Failure()
        var isOurs = false
        while !isOurs {
            let step: (task: Task<Void, Never>, isOurs: Bool) = state.withLock { state in
                var index: OpenIndex?
                switch state.entries[name] {
                case .opening(let task): return (Task { _ = try? await task.value }, false)
                case .leaving(let task): return (task, false)
                case .open(let open, _): index = open
                case nil: break
                }
                let task = leave(name, index) {
                    do { try await body() } catch { failure.box.withLock { $0 = error } }
                }
                state.entries[name] = .leaving(task)
                return (task, true)
            }
            await step.task.value
            isOurs = step.isOurs
        }
        if let error = failure.box.withLock({ $0 }) { throw error }
    }

    private final class Failure: Sendable {
        let box = Mutex<(any Error)?>(nil)
    }

    func close() async {
        let open = state.withLock { state in
            state.isClosed = true
            let entries = state.entries
            state.entries = [:]
            return entries
        }
        for entry in open.values {
            switch entry {
            case .open(let index, _): try? await index.collection.close()
            case .opening(let task): try? await (try? task.value)?.collection.close()
            case .leaving(let task): await task.value
            }
        }
    }
}
