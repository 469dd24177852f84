internal import Glibc
internal import Synchronization

/// Threads of their own for batch work, which may block and go on for hours: the cooperative pool, whose few threads
/// answer queries, is left alone.
public final class BatchCrew: Sendable {
    private typealias Work = @Sendable () -> Void
    private let workers: [BoundedWorker<Work>]

    public var threadCount: Int { workers.count }

    /// - Parameters:
    ///   - threadCount: 1 or more.
    ///   - yields: whether every other thread of the machine comes first. A query that wakes up takes the core at once.
    public init(threadCount: Int, yields: Bool) {
        workers = (0..<max(1, threadCount)).map { _ in BoundedWorker<Work>(limit: 1 << 16) { $0() } }
        guard yields else { return }
        for worker in workers {
            // On Linux 0 is the calling thread, and not the process. Where it fails the work is as important as others.
            _ = worker.offer { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19) }
        }
    }

    deinit { for worker in workers { worker.close() } }

    private final class Run: Sendable {
        let next = Atomic<Int>(0)
        let leftCount: Atomic<Int>
        let failure = Mutex<(any Error)?>(nil)
        let isCancelled = Atomic<Bool>(false)

        init(_ workerCount: Int) { leftCount = Atomic(workerCount) }
    }

    /// Calls `body` with 0 to `count` - 1, each once, on all threads; several runs go on one after the other.
    ///
    /// - Throws: the first error of `body`, or `CancellationError` when the task is cancelled; what was not begun is
    ///   left out then.
    public func run(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) async throws {
        guard count > 0 else { return }
        let run = Run(workers.count)
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let work: Work = {
                    while !run.isCancelled.load(ordering: .relaxed) {
                        let index = run.next.wrappingAdd(1, ordering: .relaxed).oldValue
                        guard index < count else { break }
                        do { try body(index) } catch {
                            run.failure.withLock { $0 = $0 ?? error }
                            run.isCancelled.store(true, ordering: .relaxed)
                        }
                    }
                    let left = run.leftCount.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue
                    if left == 0 { continuation.resume() }
                }
                // A worker without a thread takes nothing: its share is done here.
                for worker in workers where !worker.offer(work) { work() }
            }
        } onCancel: {
            run.isCancelled.store(true, ordering: .relaxed)
        }
        if let failure = run.failure.withLock({ $0 }) { throw failure }
        try Task.checkCancellation()
    }

    /// Maps 0 to `count` - 1 by `body`, in order.
    public func map<R: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) throws -> R) async throws -> [R] {
        let results = Mutex<[R?]>(Array(repeating: nil, count: count))
        try await run(count) { index in
            let result = try body(index)
            results.withLock { $0[index] = result }
        }
        return results.withLock { $0 }.compactMap { $0 }
    }
}
