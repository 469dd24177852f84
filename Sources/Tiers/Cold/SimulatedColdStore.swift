internal import Synchronization
public import Vectors

/// Another cold store as it looks from far away: slow, and failing by a script.
///
/// Everything random comes from the seed and the call's number, so the same calls meet the same latencies and faults,
/// in whatever order their answers come.
public final class SimulatedColdStore: ColdStore {
    public enum Fault: Sendable, Equatable {
        /// 429, with or without a wish for a pause.
        case throttle(pause: Duration? = nil)
        /// 500, 503 and the like.
        case error(status: Int)
        /// The request never gets there; the caller waits its timeout.
        case timeout
        /// The request is carried out, the answer is lost; the caller waits its timeout.
        case lostAnswer
        /// The caller waits its timeout; after that, before anything else is asked, the request is carried out.
        case late
        /// The connection breaks; nothing was done.
        case reset
        /// An answer that makes no sense; it was done.
        case strangeAnswer
        /// The answer takes this much longer.
        case slow(by: Duration)
        /// No connection.
        case unreachable
    }

    public struct Settings: Sendable {
        public var latency = Duration.zero
        /// Latencies lie in latency * (1 ± jitter), uniformly.
        public var jitter = 0.0
        public var seed: UInt64 = 1
        /// The share of calls that meet one of ``faults``, drawn for each call.
        public var faultShare = 0.0
        public var faults: [Fault] = [.error(status: 500)]
        /// How long a caller waits for what never comes, where that is less than its timeout.
        public var longestWait: Duration?

        public init() {}
    }

    public struct Statistics: Sendable, Equatable {
        public var calls: [ColdOperation: Int] = [:]
        /// Keys asked for, vectors sent, vectors listed.
        public var items: [ColdOperation: Int] = [:]
        public var faultCount = 0

        public var callCount: Int { calls.values.reduce(0, +) }

        public init() {}
    }

    private struct State {
        var settings: Settings
        var late: [@Sendable () async -> Void] = []
        var script: [(operation: ColdOperation?, fault: Fault?)] = []
        var isAway = false
        var nextCall: UInt64 = 0
        var counts = Statistics()
    }

    private let base: any ColdStore
    private let clock: any ColdClock
    private let state: Mutex<State>

    public init(over base: any ColdStore, _ settings: Settings = Settings(), clock: any ColdClock = SystemClock()) {
        self.base = base
        self.clock = clock
        state = Mutex(State(settings: settings))
    }

    /// How it behaves; what is set counts from the next call on.
    public var settings: Settings {
        get { state.withLock { $0.settings } }
        set { state.withLock { $0.settings = newValue } }
    }

    public var limits: ColdLimits { base.limits }
    public var statistics: Statistics { state.withLock { $0.counts } }

    /// Has the next calls of `operation` (nil: of any) meet `faults`, one each; nil in the list is a call that passes.
    public func script(_ operation: ColdOperation? = nil, _ faults: [Fault?]) {
        state.withLock { $0.script += faults.map { (operation, $0) } }
    }

    /// While away, every call ends at once with ``ColdError/unreachable(message:)``.
    public func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

    // MARK: Operations

    public func describe(timeout: Duration) async throws(ColdError) -> ColdDescription {
        try await pass(.describe, 0, timeout) { (base) async throws(ColdError) in
            try await base.describe(timeout: timeout)
        }
    }

    public func create(_ description: ColdDescription, timeout: Duration) async throws(ColdError) {
        try await pass(.create, 0, timeout) { (base) async throws(ColdError) in
            try await base.create(description, timeout: timeout)
        }
    }

    public func erase(timeout: Duration) async throws(ColdError) {
        try await pass(.erase, 0, timeout) { (base) async throws(ColdError) in try await base.erase(timeout: timeout) }
    }

    public func fetch(
        _ keys: [VectorKey], _ parts: ColdParts, timeout: Duration
    ) async throws(ColdError) -> [ColdVector] {
        try await pass(.fetch, keys.count, timeout) { (base) async throws(ColdError) in
            try await base.fetch(keys, parts, timeout: timeout)
        }
    }

    public func put(_ vectors: [ColdVector], timeout: Duration) async throws(ColdError) {
        try await pass(.put, vectors.count, timeout) { (base) async throws(ColdError) in
            try await base.put(vectors, timeout: timeout)
        }
    }

    public func delete(_ keys: [VectorKey], timeout: Duration) async throws(ColdError) {
        try await pass(.delete, keys.count, timeout) { (base) async throws(ColdError) in
            try await base.delete(keys, timeout: timeout)
        }
    }

    public func list(_ request: ColdListRequest, timeout: Duration) async throws(ColdError) -> ColdPage {
        let page = try await pass(.list, 0, timeout) { (base) async throws(ColdError) in
            try await base.list(request, timeout: timeout)
        }
        state.withLock { $0.counts.items[.list, default: 0] += page.vectors.count }
        return page
    }

    public func query(_ query: ColdQuery, timeout: Duration) async throws(ColdError) -> [ColdHit]? {
        try await pass(.query, 1, timeout) { (base) async throws(ColdError) in
            try await base.query(query, timeout: timeout)
        }
    }

    // MARK: The way there and back

    private func pass<R: Sendable>(
        _ operation: ColdOperation, _ items: Int, _ timeout: Duration,
        _ call: @escaping @Sendable (any ColdStore) async throws(ColdError) -> R
    ) async throws(ColdError) -> R {
        let start = begin(operation, items)
        for call in start.late { await call() }
        if start.isAway { throw .unreachable(message: "the simulated store is away") }
        let latency = start.latency
        switch start.fault {
        case .unreachable: throw .unreachable(message: "no route to the simulated store")
        case .reset: try await end(after: min(latency, timeout), with: .connectionLost(message: "simulated"))
        case .throttle(let pause): try await end(after: min(latency, timeout), with: .throttled(pause: pause))
        case .error(let status):
            try await end(after: min(latency, timeout), with: .unavailable(status: status, message: "simulated"))
        case .timeout: try await end(after: start.longestWait ?? timeout, with: .timedOut)
        case .lostAnswer:
            _ = try await call(base)
            try await end(after: start.longestWait ?? timeout, with: .timedOut)
        case .late:
            state.withLock { $0.late.append { [base] in _ = try? await call(base) } }
            try await end(after: start.longestWait ?? timeout, with: .timedOut)
        case .strangeAnswer:
            _ = try await call(base)
            throw .strangeAnswer(what: "simulated")
        case .slow(let extra): return try await answer(after: latency + extra, within: timeout, call)
        case nil: break
        }
        return try await answer(after: latency, within: timeout, call)
    }

    /// Half of the latency before the store does it, half after.
    private func answer<R: Sendable>(
        after latency: Duration, within timeout: Duration,
        _ call: @Sendable (any ColdStore) async throws(ColdError) -> R
    ) async throws(ColdError) -> R {
        if latency / 2 > timeout { try await end(after: timeout, with: .timedOut) }
        try await wait(latency / 2)
        let result = try await call(base)
        if latency > timeout { try await end(after: timeout - latency / 2, with: .timedOut) }
        try await wait(latency / 2)
        return result
    }

    private func end(after pause: Duration, with error: ColdError) async throws(ColdError) {
        try await wait(pause)
        throw error
    }

    private func wait(_ duration: Duration) async throws(ColdError) {
        guard duration > .zero else { return }
        do { try await clock.sleep(for: duration) } catch { throw .cancelled }
    }

    /// What becomes of a call.
    private struct Start {
        var latency: Duration
        var longestWait: Duration?
        var fault: Fault?
        var isAway: Bool
        /// Requests of others that are carried out before.
        var late: [@Sendable () async -> Void]
    }

    private func begin(_ operation: ColdOperation, _ items: Int) -> Start {
        state.withLock { state in
            let number = state.nextCall
            let settings = state.settings
            state.nextCall += 1
            state.counts.calls[operation, default: 0] += 1
            state.counts.items[operation, default: 0] += items
            var fault: Fault?
            if let index = state.script.firstIndex(where: { $0.operation == nil || $0.operation == operation }) {
                fault = state.script.remove(at: index).fault
            } else if !settings.faults.isEmpty, share(number, 1, settings.seed) < settings.faultShare {
                fault = settings.faults[Int(share(number, 2, settings.seed) * Double(settings.faults.count))]
            }
            if fault != nil || state.isAway { state.counts.faultCount += 1 }
            let late = state.late
            state.late = []
            let jitter = settings.jitter * (2 * share(number, 0, settings.seed) - 1)
            return Start(
                latency: settings.latency * (1 + jitter), longestWait: settings.longestWait, fault: fault,
                isAway: state.isAway, late: late)
        }
    }

    /// A number in 0..<1 for the call and the purpose, of four.
    private func share(_ number: UInt64, _ purpose: UInt64, _ seed: UInt64) -> Double {
        Double(SeededRandom.draw(4 * number + purpose, seed: seed) >> 11) * 0x1p-53
    }
}
