public import Vectors

/// Fetches vectors by key for many queries at once: a key that is on its way is not asked for twice, and keys of
/// different queries travel in one call.
///
/// A call leaves when it is full. One that is not leaves when its oldest key has waited long enough: a moment where
/// nobody else asks, ``Settings/longestWait`` where others do, as their keys will soon fill it. Nothing leaves while as
/// many calls as the limit are out. A caller whose deadline passes gets what is there; the call goes on as long as
/// somebody waits for it, and what comes after the last waiter has left is given to `late`. While the circuit is open
/// nobody joins a call that is out: it was sent to a store that does not answer. Beyond the limit of keys that wait
/// they fail with ``ColdError/overloaded(waitingKeys:)``.
public actor FetchCoordinator {
    public struct Settings: Sendable {
        /// How long a key waits for company where its query is the only one of late.
        public var loneWait = Duration.microseconds(500)
        /// How long it waits where others asked within as long: small against the latency of a call, and enough for a
        /// thousand queries a second to fill calls of a hundred keys.
        public var longestWait = Duration.milliseconds(6)
        /// Calls out at once.
        public var callLimit = 32
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

    /// One caller of ``fetch(_:deadline:fresh:)``.
    private final class Request {
        /// Of the keys that are still on their way.
        var flights: [VectorKey: FetchFlight] = [:]
        var outcome = Outcome()
        let deadline: Duration?
        var continuation: CheckedContinuation<Outcome, Never>?
        var alarm: Task<Void, Never>?

        init(deadline: Duration?) { self.deadline = deadline }
    }

    public let settings: Settings
    private let store: any ColdStore
    private let caller: ColdCaller
    private let clock: any ColdClock
    private let late: @Sendable ([ColdVector]) -> Void
    private var flights: [VectorKey: FetchFlight] = [:]
    /// The oldest first.
    private var waiting = FetchQueue()
    private var requests: [Int: Request] = [:]
    private var nextRequest = 0
    /// The calls that are out.
    private var calls: [Int: [FetchFlight]] = [:]
    private var nextCall = 0
    /// Wakes us when the oldest waiting key may have waited long enough.
    private var alarm: (moment: Duration, task: Task<Void, Never>)?
    /// When the last two callers came.
    private var arrivals: (last: Duration, before: Duration)?
    /// The earliest moment that a caller with little time wants its keys to leave.
    private var hurry: Duration?
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
        let openPause = await caller.openPause
        counts.requestedKeyCount += wanted.count
        nextRequest += 1
        let number = nextRequest
        let now = clock.now
        let request = Request(deadline: deadline)
        if let deadline, deadline <= now {
            for key in wanted { request.outcome.failed[key] = .deadlineExceeded }
            counts.failedKeyCount += wanted.count
            return request.outcome
        }
        arrivals = (now, arrivals?.last ?? now - settings.longestWait * 2)
        for key in keys where request.flights[key] == nil && request.outcome.failed[key] == nil {
            if let openPause, flights[key]?.isWaiting == false {
                request.outcome.failed[key] = .circuitOpen(retryIn: openPause)
            } else if let flight = flight(of: key, now, isFresh: fresh) {
                flight.waiters.append(number)
                request.flights[key] = flight
            } else {
                request.outcome.failed[key] = .overloaded(waitingKeys: waiting.count)
            }
        }
        if request.flights.isEmpty {
            counts.failedKeyCount += request.outcome.failed.count
            return request.outcome
        }
        if let deadline { hurry = min(hurry ?? deadline, now + (deadline - now) / 10) }
        requests[number] = request
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                requests[number]?.continuation = continuation
                if let deadline { giveUp(number, at: deadline) }
                send()
            }
        } onCancel: {
            Task { await self.giveUp(number, .cancelled) }
        }
    }

    /// The flight that brings a key, a new one if there is none; nil when too many keys wait.
    private func flight(of key: VectorKey, _ now: Duration, isFresh: Bool) -> FetchFlight? {
        if let flight = flights[key], !isFresh || flight.isWaiting {
            counts.joinedKeyCount += 1
            return flight
        }
        guard waiting.count < settings.waitingKeyLimit else { return nil }
        let flight = FetchFlight(key: key, arrivedAt: now)
        flights[key] = flight
        waiting.append(flight)
        return flight
    }

    // MARK: Sending

    private func send() {
        let callSize = max(1, store.limits.keysPerFetch)
        while calls.count < settings.callLimit, let leaveAt = departure {
            guard waiting.count >= callSize || clock.now >= leaveAt else { break }
            let batch = waiting.take(callSize)
            if waiting.count == 0 { hurry = nil }
            nextCall += 1
            let call = nextCall
            calls[call] = batch
            counts.callCount += 1
            counts.sentKeyCount += batch.count
            Task { await run(call, batch) }
        }
        // While as many calls as may be are out, the end of one of them is what is waited for.
        if calls.count < settings.callLimit, let leaveAt = departure { setAlarm(at: leaveAt) }
    }

    private func setAlarm(at moment: Duration) {
        if let alarm {
            // One that wakes too early sets the next.
            if alarm.moment <= moment { return }
            alarm.task.cancel()
        }
        let task = Task { [clock] in
            do { try await clock.sleep(for: max(.zero, moment - clock.now)) } catch { return }
            alarm = nil
            send()
        }
        alarm = (moment, task)
    }

    /// When the oldest waiting key leaves in any case; nil if none waits.
    private var departure: Duration? {
        guard let oldest = waiting.first, let arrivals else { return nil }
        let isBusy = arrivals.before > arrivals.last - settings.longestWait
        let usual = oldest.arrivedAt + (isBusy ? settings.longestWait : settings.loneWait)
        return min(usual, hurry ?? usual)
    }

    private func run(_ call: Int, _ batch: [FetchFlight]) async {
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

    private func land(_ batch: [FetchFlight], _ vectors: [ColdVector]) {
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

    private func forget(_ flight: FetchFlight) {
        if flights[flight.key] === flight { flights[flight.key] = nil }
    }

    private func settle(_ number: Int, _ key: VectorKey, _ note: (inout Outcome) -> Void) {
        guard let request = requests[number], request.flights.removeValue(forKey: key) != nil else { return }
        note(&request.outcome)
        if request.flights.isEmpty { answer(number) }
    }

    private func answer(_ number: Int) {
        guard let request = requests.removeValue(forKey: number) else { return }
        request.alarm?.cancel()
        counts.foundKeyCount += request.outcome.found.count
        counts.absentKeyCount += request.outcome.absent.count
        counts.failedKeyCount += request.outcome.failed.count
        request.continuation?.resume(returning: request.outcome)
    }

    private func giveUp(_ number: Int, at deadline: Duration) {
        requests[number]?.alarm = Task { [clock] in
            do { try await clock.sleep(for: deadline - clock.now) } catch { return }
            giveUp(number, .deadlineExceeded)
        }
    }

    /// Answers with what is there; the rest fails with `error`.
    private func giveUp(_ number: Int, _ error: ColdError) {
        guard let request = requests[number] else { return }
        for (key, flight) in request.flights {
            request.outcome.failed[key] = error
            flight.waiters.removeAll { $0 == number }
            // A key that nobody waits for any more is not asked for.
            if flight.waiters.isEmpty, flight.isWaiting {
                forget(flight)
                waiting.leave(flight)
            }
        }
        answer(number)
    }
}
