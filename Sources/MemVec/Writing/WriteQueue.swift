internal import Dispatch
internal import Storage
internal import Synchronization

/// Gathers what many tasks write and runs it on one thread, many jobs to one transaction and one sync (group commit).
///
/// A job runs inside the transaction. It must have checked everything that can be wrong with its input before it is
/// submitted; when a group fails all the same, its jobs are run again one by one, so that each gets its own result.
/// Jobs run in the order in which they were submitted.
final class WriteQueue: Sendable {
    /// Bounds of one transaction: a reader that opens meanwhile keeps this much garbage from being reused.
    static let groupCountLimit = 4096
    static let groupByteLimit = 64 << 20

    /// One unit of work: `run` inside the transaction, then either `committed`, once the transaction is on disk and
    /// before a reader can see its rows, or `finish` alone with the error.
    struct Job: Sendable {
        let byteCount: Int
        /// Whether it must have a transaction for itself, with all before it committed and published.
        var isAlone = false
        let run: @Sendable (borrowing StoreWriter) throws -> Void
        let committed: @Sendable () -> Void
        let finish: @Sendable (Result<Void, any Error>) -> Void
    }

    private struct State {
        var waiting: [Job] = []
        var isDraining = false
        var isClosed = false
    }

    private let store: Store
    private let state = Mutex(State())
    private let thread = DispatchQueue(label: "memvec.writer")

    init(store: Store) { self.store = store }

    /// Runs `body` in a write transaction and returns when it is on disk.
    ///
    /// - Parameters:
    ///   - byteCount: about how many bytes it writes; bounds the transaction.
    ///   - alone: whether it must have a transaction for itself.
    ///   - body: runs on the writer's thread.
    ///   - committed: runs after the commit with what `body` returned, before the new rows are seen live.
    func submit<R: Sendable>(
        byteCount: Int = 256, alone: Bool = false, _ body: @escaping @Sendable (borrowing StoreWriter) throws -> R,
        committed: @escaping @Sendable (R) -> Void = { _ in }
    ) async throws -> R {
        let box = Mutex<R?>(nil)
        let shared = Shared(box)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            enqueue(
                Job(
                    byteCount: byteCount, isAlone: alone,
                    run: { writer in
                        let result = try body(writer)
                        shared.value.withLock { $0 = result }
                    },
                    committed: { if let result = shared.value.withLock({ $0 }) { committed(result) } },
                    finish: { continuation.resume(with: $0) }))
        }
        guard let result = shared.value.withLock({ $0 }) else { throw MemVecError.closed }
        return result
    }

    /// Waits for the jobs before it, then refuses all later ones.
    func close() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            enqueue(
                Job(byteCount: 0, run: { _ in }, committed: {}, finish: { _ in continuation.resume() }), last: true)
        }
    }

    private final class Shared<R: Sendable>: Sendable {
        let value: Mutex<R?>
        init(_ value: consuming Mutex<R?>) { self.value = value }
    }

    private func enqueue(_ job: Job, last: Bool = false) {
        let (accepted, start) = state.withLock { state in
            guard !state.isClosed else { return (false, false) }
            state.waiting.append(job)
            state.isClosed = last
            defer { state.isDraining = true }
            return (true, !state.isDraining)
        }
        guard accepted else {
            job.finish(.failure(MemVecError.closed))
            return
        }
        if start { thread.async { self.drain() } }
    }

    private func drain() {
        while let group = nextGroup() {
            if !run(group), group.count > 1 {
                for job in group { _ = run([job], alone: true) }
            }
        }
    }

    private func nextGroup() -> [Job]? {
        state.withLock { state in
            var byteCount = 0, count = 0
            for job in state.waiting.prefix(Self.groupCountLimit) {
                byteCount += job.byteCount
                if count > 0, byteCount > Self.groupByteLimit || job.isAlone { break }
                count += 1
                if job.isAlone { break }
            }
            guard count > 0 else {
                state.isDraining = false
                return nil
            }
            defer { state.waiting.removeFirst(count) }
            return Array(state.waiting.prefix(count))
        }
    }

    /// One transaction. False when it failed and the group's jobs should be tried one by one.
    private func run(_ group: [Job], alone: Bool = false) -> Bool {
        do {
            try store.write(
                { writer in for job in group { try job.run(writer) } },
                committed: { for job in group { job.committed() } })
            for job in group { job.finish(.success(())) }
            return true
        } catch {
            guard group.count == 1 || alone else { return false }
            group[0].finish(.failure(error))
            return true
        }
    }
}
