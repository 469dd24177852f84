public import Vectors

/// Fetches vectors by key for many queries at once: a key that is on its way is not asked for twice, and keys of
/// different queries travel in one call.
///
/// A key waits at most the coalescing time, or until a call is full, or until fewer calls than the limit are out. A
/// caller whose deadline passes gets what is there; the call goes on as long as somebody waits for it, and what comes
/// after the last waiter has left is given to `late`. Bounds: calls out at once, keys waiting; beyond the latter keys
/// fail with ``ColdError/overloaded(waitingKeys:)``.
public actor FetchCoordinator {
    public struct Settings: Sendable {
        /// How long the first key of a call waits for company. Small against a call's latency, large against a query.
        public var coalescing = Duration.milliseconds(2)
        public var callLimit = 16
        public var waitingKeyLimit = 20_000
        public var parts: ColdParts = .values

        public init() {}
    }

    /// What became of each key that was asked for: it is in exactly one of the three.
    public struct Outcome: Sendable, Equatable {
        public var found: [VectorKey: ColdVector] = [:]
        /// The store has no such key.
        public var absent: Set<VectorKey> = []
        public var failed: [VectorKey: ColdError] = [:]

        public init() {}
    }

    public struct Statistics: Sendable, Equatable {
        public var requestedKeyCount = 0
        /// Keys that were on their way already.
        public var joinedKeyCount = 0
        public var callCount = 0
        public var sentKeyCount = 0
        public var foundKeyCount = 0
        public var absentKeyCount = 0
        public var failedKeyCount = 0
        /// Keys that came when nobody waited any more.
        public var lateKeyCount = 0
        /// Vectors in answers that nobody had asked for.
        public var strangeKeyCount = 0

        public init() {}
    }

    /// One key on its way.
    private final class Flight {
        let key: VectorKey
        var waiters: [Int] = []
        var isSent = false

        init(key: VectorKey) { self.key = key }
    }

    /// One caller of ``fetch(_:deadline:fresh:)``.
    private struct Request {
        var remaining: Set<VectorKey>
        var outcome = Outcome()
        var deadline: Duration?
        var continuation: CheckedContinuation<Outcome, Never>?
        var alarm: Task<Void, Never>?
    }

    public let settings: Settings
    private let store: any ColdStore
    private let caller: ColdCaller
    private let clock: any ColdClock
    private let late: @Sendable ([ColdVector]) -> Void
    private var flights: [VectorKey: Flight] = [:]
    private var waiting: [Flight] = []
    private var requests: [Int: Request] = [:]
    private var nextRequest = 0
    /// The calls that are out.
    private var calls: [Int: [Flight]] = [:]
    private var nextCall = 0
    /// Set while the first waiting key's time runs.
    private var flush: Task<Void, Never>?
    private var isFlushDue = false
    private var counts = Statistics()

    /// - Parameter late: gets vectors that arrive when nobody waits any more; they may fill caches under the same rules
    ///   as all fills.
    public init(
        store: any ColdStore, caller: ColdCaller, settings: Settings = Settings(),
        late: @escaping @Sendable ([ColdVector]) -> Void = { _ in }
    ) {
        self.store = store
        self.caller = caller
        self.settings = settings
        self.late = late
        clock = caller.clock
    }

    public var statistics: Statistics { counts }

    /// The vectors of `keys`, as far as they come before the deadline.
    /// - Parameters:
    ///   - deadline: on the caller's clock; keys that are not there by then fail with
    ///     ``ColdError/deadlineExceeded``. Nil waits.
    ///   - fresh: does not join a call that was sent before now: its answer may be older than a write of ours.
    public func fetch(_ keys: [VectorKey], deadline: Duration? = nil, fresh: Bool = false) async -> Outcome {
        let wanted = Set(keys)
        guard !wanted.isEmpty else { return Outcome() }
        counts.requestedKeyCount += wanted.count
        nextRequest += 1
        let number = nextRequest
        var request = Request(remaining: wanted, deadline: deadline)
        if let deadline, deadline <= clock.now {
            for key in wanted { request.outcome.failed[key] = .deadlineExceeded }
            counts.failedKeyCount += wanted.count
            return request.outcome
        }
        for key in keys where request.remaining.contains(key) {
            if !join(key, number, fresh) {
                request.remaining.remove(key)
                request.outcome.failed[key] = .overloaded(waitingKeys: waiting.count)
                counts.failedKeyCount += 1
            }
        }
        if request.remaining.isEmpty { return request.outcome }
        requests[number] = request
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                requests[number]?.continuation = continuation
                if let deadline { setAlarm(number, deadline) }
                send()
            }
        } onCancel: {
            Task { await self.giveUp(number, .cancelled) }
        }
    }

    /// False when too many keys wait.
    private func join(_ key: VectorKey, _ number: Int, _ fresh: Bool) -> Bool {
        if let flight = flights[key], !(fresh && flight.isSent) {
            if !flight.waiters.contains(number) { counts.joinedKeyCount += 1 }
            flight.waiters.append(number)
            return true
        }
        guard waiting.count < settings.waitingKeyLimit else { return false }
        let flight = Flight(key: key)
        flight.waiters.append(number)
        flights[key] = flight
        waiting.append(flight)
        return true
    }

    // MARK: Sending

    private func send() {
        let callSize = max(1, store.limits.keysPerFetch)
        // Who waits for a key that all have given up on is nobody.
        waiting.removeAll { flight in
            guard flight.waiters.isEmpty else { return false }
            forget(flight)
            return true
        }
        while calls.count < settings.callLimit && (waiting.count >= callSize || isFlushDue && !waiting.isEmpty) {
            let batch = Array(waiting.prefix(callSize))
            waiting.removeFirst(batch.count)
            for flight in batch { flight.isSent = true }
            nextCall += 1
            let call = nextCall
            calls[call] = batch
            counts.callCount += 1
            counts.sentKeyCount += batch.count
            Task { await run(call, batch) }
        }
        if waiting.isEmpty { isFlushDue = false }
        if !waiting.isEmpty, !isFlushDue, flush == nil {
            flush = Task {
                try? await clock.sleep(for: settings.coalescing)
                flushNow()
            }
        }
    }

    private func flushNow() {
        flush = nil
        isFlushDue = true
        send()
    }

    private func run(_ call: Int, _ batch: [Flight]) async {
        let keys = batch.map(\.key)
        let store = store
        let parts = settings.parts
        do throws(ColdError) {
            let vectors = try await caller.call { [weak self] in
                await self?.latestDeadline(call)
            } _: { (timeout) async throws(ColdError) in
                try await store.fetch(keys, parts, timeout: timeout)
            }
            land(batch, vectors)
        } catch {
            for flight in batch {
                forget(flight)
                for number in flight.waiters { settle(number, flight.key) { $0.failed[flight.key] = error } }
            }
        }
        calls[call] = nil
        send()
    }

    /// Until when anybody waits for a call; nil: somebody waits without end.
    private func latestDeadline(_ call: Int) -> Duration? {
        let numbers = Set((calls[call] ?? []).flatMap(\.waiters))
        var latest: Duration = clock.now
        for number in numbers {
            guard let request = requests[number] else { continue }
            guard let deadline = request.deadline else { return nil }
            latest = max(latest, deadline)
        }
        return latest
    }

    // MARK: Landing

    private func land(_ batch: [Flight], _ vectors: [ColdVector]) {
        var byKey: [VectorKey: ColdVector] = [:]
        for vector in vectors { byKey[vector.key] = vector }
        var unwaited: [ColdVector] = []
        for flight in batch {
            forget(flight)
            let vector = byKey.removeValue(forKey: flight.key)
            if let vector, flight.waiters.isEmpty { unwaited.append(vector) }
            for number in flight.waiters {
                settle(number, flight.key) { outcome in
                    if let vector { outcome.found[flight.key] = vector } else { outcome.absent.insert(flight.key) }
                }
            }
        }
        counts.strangeKeyCount += byKey.count
        counts.lateKeyCount += unwaited.count
        if !unwaited.isEmpty { late(unwaited) }
    }

    private func forget(_ flight: Flight) {
        if flights[flight.key] === flight { flights[flight.key] = nil }
    }

    private func settle(_ number: Int, _ key: VectorKey, _ note: (inout Outcome) -> Void) {
        guard var request = requests[number], request.remaining.remove(key) != nil else { return }
        note(&request.outcome)
        requests[number] = request
        if request.remaining.isEmpty { answer(number) }
    }

    private func answer(_ number: Int) {
        guard let request = requests.removeValue(forKey: number) else { return }
        request.alarm?.cancel()
        counts.foundKeyCount += request.outcome.found.count
        counts.absentKeyCount += request.outcome.absent.count
        counts.failedKeyCount += request.outcome.failed.count
        request.continuation?.resume(returning: request.outcome)
    }

    private func setAlarm(_ number: Int, _ deadline: Duration) {
        requests[number]?.alarm = Task { [clock] in
            do { try await clock.sleep(for: deadline - clock.now) } catch { return }
            giveUp(number, .deadlineExceeded)
        }
    }

    /// Answers with what is there; the rest fails with `error`.
    private func giveUp(_ number: Int, _ error: ColdError) {
        guard var request = requests[number] else { return }
        for key in request.remaining { request.outcome.failed[key] = error }
        requests[number] = request
        for flight in waiting + calls.values.joined() where request.remaining.contains(flight.key) {
            flight.waiters.removeAll { $0 == number }
        }
        answer(number)
    }
}
