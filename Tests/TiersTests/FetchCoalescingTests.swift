import Glibc
import Synchronization
import Testing
import Vectors
import Workload

@testable import Tiers

/// How many calls the coordinator makes, where a perfect one would make one for a hundred unique keys.
@Suite("Coalescing of fetches")
struct FetchCoalescingTests {
    /// Queries that ask a coordinator over a simulated store, by a virtual clock.
    private struct Traffic {
        let fixture: ColdFixture
        let coordinator: FetchCoordinator
        private var unique: Set<VectorKey> = []
        private var keyCount = 0
        private var queries: [Task<Int, any Error>] = []

        init(keys: Int) async throws {
            fixture = try await ColdFixture(count: keys, latency: .milliseconds(40), jitter: 0.5, passesByItself: false)
            coordinator = FetchCoordinator(store: fixture.store, caller: fixture.caller)
        }

        mutating func ask(_ numbers: some Collection<Int>) async throws {
            let keys = try Set(numbers).map { try ColdFixture.key($0) }
            unique.formUnion(keys)
            keyCount += keys.count
            queries.append(
                Task { [coordinator] in
                    let outcome = await coordinator.fetch(keys)
                    return outcome.found.count
                })
        }

        /// Lets the time go on by steps, and whoever that wakes do what there is to do.
        func pass(_ duration: Duration) async {
            while await coordinator.statistics.requestedKeyCount < keyCount { await Task.yield() }
            let end = fixture.clock.now + duration
            while fixture.clock.now < end {
                fixture.clock.advance(by: min(.microseconds(250), end - fixture.clock.now))
                for _ in 0..<4 {
                    await Task.yield()
                    _ = await coordinator.statistics
                }
            }
        }

        /// Ends when all queries are answered; each must have got all that it asked for.
        func expectFew(_ note: String, _ location: SourceLocation = #_sourceLocation) async throws {
            let isAnswered = Mutex(false)
            let found = Task { [queries] in
                var count = 0
                for query in queries { count += try await query.value }
                return count
            }
            async let end: Void = {
                _ = await found.result
                isAnswered.withLock { $0 = true }
            }()
            while !isAnswered.withLock({ $0 }) { await pass(.milliseconds(1)) }
            await end
            #expect(try await found.value == keyCount, "\(note)", sourceLocation: location)
            let counts = fixture.store.statistics
            let calls = counts.calls[.fetch] ?? 0
            let fewest = (unique.count + 99) / 100
            #expect(counts.items[.fetch] == unique.count, "each key once; \(note)", sourceLocation: location)
            #expect(
                Double(calls) <= 1.15 * Double(fewest), "\(calls) calls, at least \(fewest); \(note)",
                sourceLocation: location)
        }
    }

    @Test("64 queries at once, each missing 40 keys and more, share full calls", arguments: Seed.quick)
    func burst(seed: UInt64) async throws {
        var dice = SplitMix64(seed: seed)
        let popularity = Zipf(count: 5_000, exponent: 0.7)
        var traffic = try await Traffic(keys: 5_000)
        for _ in 0..<64 {
            let size = 40 + dice.below(60)
            var keys: Set<Int> = []
            while keys.count < size { keys.insert(popularity.draw(&dice)) }
            try await traffic.ask(keys)
        }
        try await traffic.expectFew("MEMVEC_SEED=\(seed)")
    }

    /// Each query asks for 40 keys, ten of which its neighbours want, too.
    private static func neighbours(_ query: Int) -> Range<Int> { (query * 30)..<(query * 30 + 40) }

    @Test("1,000 queries a second that come in windows of 5 ms fill their calls")
    func windows() async throws {
        let windows = 100
        var traffic = try await Traffic(keys: windows * 5 * 30 + 40)
        for window in 0..<windows {
            for query in 0..<5 { try await traffic.ask(Self.neighbours(window * 5 + query)) }
            await traffic.pass(.milliseconds(5))
        }
        try await traffic.expectFew("in windows")
    }

    @Test("1,000 queries a second that come one by one, at any moment, fill their calls", arguments: Seed.quick)
    func openLoop(seed: UInt64) async throws {
        var dice = SplitMix64(seed: seed)
        let queries = 500
        var traffic = try await Traffic(keys: queries * 30 + 40)
        for query in 0..<queries {
            try await traffic.ask(Self.neighbours(query))
            await traffic.pass(.milliseconds(-log(1 - dice.unit())))
        }
        try await traffic.expectFew("MEMVEC_SEED=\(seed)")
    }

    @Test("a query that is alone waits a millisecond at most and makes one call", arguments: [1, 40, 99, 100])
    func alone(keys: Int) async throws {
        var traffic = try await Traffic(keys: 100)
        for round in 1...3 {
            let coordinator = traffic.coordinator
            try await traffic.ask(0..<keys)
            while await coordinator.statistics.requestedKeyCount < round * keys { await Task.yield() }
            if keys < 100 {
                await traffic.fixture.clock.untilSleepers(1)
                traffic.fixture.clock.advance(by: .milliseconds(1))
            }
            while await coordinator.statistics.callCount < round { await Task.yield() }
            #expect(await coordinator.statistics.callCount == round)
            await traffic.pass(.milliseconds(100))
        }
        #expect(traffic.fixture.store.statistics.calls[.fetch] == 3)
    }

    @Test("a query with little time makes its keys leave early, and those that wait with them")
    func hurry() async throws {
        let fixture = try await ColdFixture(count: 100, passesByItself: false)
        let coordinator = FetchCoordinator(store: fixture.store, caller: fixture.caller)
        let patient = [0, 1].map { part in
            Task { await coordinator.fetch(try ColdFixture.keys((part * 30)..<(part * 30 + 30))) }
        }
        while await coordinator.statistics.requestedKeyCount < 60 { await Task.yield() }
        // Two others asked: without the third they would wait for company.
        let hasty = Task { await coordinator.fetch(try ColdFixture.keys(60..<61), deadline: .milliseconds(10)) }
        while await coordinator.statistics.requestedKeyCount < 61 { await Task.yield() }
        while await coordinator.statistics.callCount == 0, fixture.clock.now < .milliseconds(3) {
            fixture.clock.advance(by: .microseconds(250))
            for _ in 0..<8 { await Task.yield() }
        }
        let counts = await coordinator.statistics
        #expect(counts.callCount == 1 && counts.sentKeyCount == 61)
        #expect(fixture.clock.now < .milliseconds(3))
        while fixture.clock.sleeperCount > 0 {
            fixture.clock.advanceToNextSleeper()
            for _ in 0..<8 { await Task.yield() }
        }
        for query in patient { #expect(try await query.value.found.count == 30) }
        #expect(try await hasty.value.failed.values.allSatisfy { $0 == .deadlineExceeded })
    }
}
