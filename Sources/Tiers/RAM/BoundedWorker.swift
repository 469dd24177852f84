internal import Glibc

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Starts a thread that runs `body` and ends. Nil when the system has no more.
private func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
    var thread = pthread_t()
    let box = unsafe Unmanaged.passRetained(ThreadBody(body))
    let status = unsafe pthread_create(
        &thread, nil,
        { box in
            guard let box = unsafe box else { return nil }
            unsafe Unmanaged<ThreadBody>.fromOpaque(box).takeRetainedValue().run()
            return nil
        }, box.toOpaque())
    if status == 0 { return thread }
    unsafe box.release()
    return nil
}

/// A thread of its own that works off a queue with a bound. What does not fit is refused, so that whoever offers work
/// never waits and memory never grows.
///
/// Not a task: its work may block (page faults, commits), and the cooperative pool has a thread a core.
final class BoundedWorker<Item: Sendable>: Sendable {
    private let core: Core

    /// - Parameter limit: items that may wait. The item in work does not count.
    init(limit: Int, _ body: @escaping @Sendable (Item) -> Void) {
        core = Core(limit: limit, body: body)
        core.start()
    }

    deinit { core.close() }

    /// False when the queue is full or closed; the item is not taken then.
    func offer(_ item: Item) -> Bool { core.offer(item) }

    /// Returns when everything offered before the call is done. Never call it from `body`.
    func drain() { core.drain() }

    /// Drops what waits, lets the item in work end, and ends the thread.
    func close() { core.close() }

    /// What the thread and the handle share; the thread keeps it alive until it ends.
    // Sendable is true because every property but the constants is read and written between lock and unlock of
    // `mutex`; @safe because the pointers live from init to deinit.
    @safe private final class Core: @unchecked Sendable {
        let limit: Int
        let body: @Sendable (Item) -> Void
        private let mutex: UnsafeMutablePointer<pthread_mutex_t>
        private let changed: UnsafeMutablePointer<pthread_cond_t>
        private var queue: [Item] = []
        private var isBusy = false
        private var isClosed = false
        private var thread: pthread_t?

        init(limit: Int, body: @escaping @Sendable (Item) -> Void) {
            self.limit = limit
            self.body = body
            unsafe mutex = .allocate(capacity: 1)
            unsafe changed = .allocate(capacity: 1)
            unsafe pthread_mutex_init(mutex, nil)
            unsafe pthread_cond_init(changed, nil)
        }

        deinit {
            unsafe pthread_cond_destroy(changed)
            unsafe pthread_mutex_destroy(mutex)
            unsafe changed.deallocate()
            unsafe mutex.deallocate()
        }

        func start() {
            // Without a thread all work is refused, which every caller can bear: it is the case of a full queue.
            locked {
                thread = startThread { [self] in run() }
                isClosed = thread == nil
            }
        }

        private func locked<R>(_ body: () -> R) -> R {
            unsafe pthread_mutex_lock(mutex)
            defer { unsafe pthread_mutex_unlock(mutex) }
            return body()
        }

        private func waitForChange() { unsafe pthread_cond_wait(changed, mutex) }
        private func announceChange() { unsafe pthread_cond_broadcast(changed) }

        func offer(_ item: Item) -> Bool {
            locked {
                guard !isClosed, queue.count < limit else { return false }
                queue.append(item)
                announceChange()
                return true
            }
        }

        func drain() {
            locked { while !isClosed && (isBusy || !queue.isEmpty) { waitForChange() } }
        }

        func close() {
            let toJoin: pthread_t? = locked {
                isClosed = true
                queue = []
                announceChange()
                defer { thread = nil }
                return thread
            }
            guard let toJoin else { return }
            // The last reference to the owner may fall on the thread itself.
            if pthread_equal(toJoin, pthread_self()) != 0 {
                pthread_detach(toJoin)
            } else {
                pthread_join(toJoin, nil)
            }
        }

        private func run() {
            while let item = nextItem() {
                body(item)
                locked {
                    isBusy = false
                    announceChange()
                }
            }
        }

        private func nextItem() -> Item? {
            locked {
                while !isClosed && queue.isEmpty { waitForChange() }
                guard !isClosed else { return nil }
                isBusy = true
                return queue.removeFirst()
            }
        }
    }
}
