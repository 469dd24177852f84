import Synchronization
import Testing
import Vectors

@testable import Tiers

@Suite("Cold caller: retries, budget, circuit")
struct ColdCallerTests {
    private func fetchOne(_ fixture: ColdFixture, deadline: Duration? = nil) async throws(ColdError) -> Int {
        let store = fixture.store
        return try await fixture.caller.call {
            deadline
        } _: { (timeout) async throws(ColdError) in
            guard let key = try? ColdFixture.key(0) else { throw .cancelled }
            return try await store.fetch([key], .values, timeout: timeout).count
        }
    }

    @Test("what may be asked again is asked again, up to the limit of attempts")
    func retries() async throws {
        let fixture = try await ColdFixture(count: 1)
        fixture.store.script(.fetch, [.error(status: 500), .throttle(), .timeout])
        #expect(try await fetchOne(fixture) == 1)
        fixture.store.script(
            .fetch, [.error(status: 500), .error(status: 500), .error(status: 500), .error(status: 503)])
        await #expect(throws: ColdError.unavailable(status: 503, message: "simulated")) {
            try await fetchOne(fixture)
        }
        let counts = await fixture.caller.statistics
        #expect(counts.callCount == 2 && counts.attemptCount == 8)
        #expect(counts.retryCount == 6 && counts.failedCallCount == 1)
    }

    @Test("a write that an earlier attempt may have done stays in doubt; a read does not", arguments: [true, false])
    func doubt(isWrite: Bool) async throws {
        let fixture = try await ColdFixture(count: 1)
        let store = fixture.store
        store.script(.put, [.lostAnswer] + Array(repeating: .throttle(), count: 3))
        let vector = try ColdFixture.vector(1)
        await #expect(throws: isWrite ? ColdError.timedOut : .throttled(pause: nil)) {
            try await fixture.caller.call(isWrite: isWrite) { (timeout) async throws(ColdError) in
                try await store.put([vector], timeout: timeout)
            }
        }
        #expect(await fixture.memory.count == 2, "it was done")
    }

    @Test("a refusal is not asked again")
    func refusal() async throws {
        let fixture = try await ColdFixture(count: 1)
        let memory = fixture.memory
        await #expect(throws: ColdError.self) {
            try await fixture.caller.call { (timeout) async throws(ColdError) in
                try await memory.fetch([], .values, timeout: timeout)
            }
        }
        #expect(await fixture.caller.statistics.attemptCount == 1)
    }

    @Test("pauses are drawn from zero to a ceiling that doubles, and a pause that is asked for is kept")
    func jitter() async throws {
        var settings = ColdFixture.callerSettings
        settings.basePause = .milliseconds(100)
        settings.longestPause = .seconds(1)
        settings.attemptLimit = 8
        settings.failureLimit = 100
        settings.timeout = .seconds(1)
        let fixture = try await ColdFixture(count: 1, latency: .zero, caller: settings)
        fixture.store.script(.fetch, [SimulatedColdStore.Fault?](repeating: .error(status: 500), count: 7))
        let before = fixture.clock.now
        #expect(try await fetchOne(fixture) == 1)
        // Ceilings: 0.2, 0.4, 0.8, then four times 1 second.
        #expect(fixture.clock.now - before > .milliseconds(500))
        #expect(fixture.clock.now - before <= .milliseconds(5_400))
        fixture.store.script(.fetch, [.throttle(pause: .milliseconds(900))])
        let second = fixture.clock.now
        #expect(try await fetchOne(fixture) == 1)
        #expect(fixture.clock.now - second >= .milliseconds(900))
    }

    @Test("when most calls fail, retries stop at the budget and come back as calls succeed")
    func budget() async throws {
        var settings = ColdFixture.callerSettings
        settings.retryBudget = 3
        settings.failureLimit = 1_000
        let fixture = try await ColdFixture(count: 1, caller: settings)
        fixture.store.script(.fetch, [SimulatedColdStore.Fault?](repeating: .error(status: 500), count: 23))
        for _ in 0..<20 { _ = try? await fetchOne(fixture) }
        var counts = await fixture.caller.statistics
        #expect(counts.attemptCount == 23 && counts.retryCount == 3)
        // The first call spends them all and ends at its limit of attempts.
        #expect(counts.budgetRefusalCount == 19)
        for _ in 0..<11 { _ = try await fetchOne(fixture) }
        fixture.store.script(.fetch, [.error(status: 500)])
        #expect(try await fetchOne(fixture) == 1)
        counts = await fixture.caller.statistics
        #expect(counts.retryCount == 4)
    }

    @Test("no attempt begins after the deadline, and one that has begun gets its time")
    func deadlines() async throws {
        let fixture = try await ColdFixture(count: 1)
        await #expect(throws: ColdError.deadlineExceeded) { try await fetchOne(fixture, deadline: .zero) }
        #expect(fixture.store.statistics.callCount == 0)
        // 80 ms of latency, 50 ms left.
        let start = fixture.clock.now
        #expect(try await fetchOne(fixture, deadline: start + .milliseconds(50)) == 1)
        #expect(fixture.clock.now - start == .milliseconds(80))
        fixture.store.script(.fetch, [.error(status: 500)])
        let second = fixture.clock.now
        await #expect(throws: ColdError.unavailable(status: 500, message: "simulated")) {
            try await fetchOne(fixture, deadline: second + .milliseconds(50))
        }
        #expect(fixture.store.statistics.callCount == 2)
    }

    @Test("the circuit opens after failures in a row, lets one call try later, and pauses longer each time")
    func circuit() async throws {
        var settings = ColdFixture.callerSettings
        settings.attemptLimit = 1
        settings.failureLimit = 3
        let fixture = try await ColdFixture(count: 1, latency: .zero, caller: settings)
        fixture.store.setAway(true)
        for _ in 0..<3 { _ = try? await fetchOne(fixture) }
        await #expect(throws: ColdError.circuitOpen(retryIn: .seconds(1))) { try await fetchOne(fixture) }
        fixture.clock.advance(by: .seconds(1))
        _ = try? await fetchOne(fixture)
        await #expect(throws: ColdError.circuitOpen(retryIn: .seconds(2))) { try await fetchOne(fixture) }
        fixture.clock.advance(by: .seconds(2))
        fixture.store.setAway(false)
        #expect(try await fetchOne(fixture) == 1)
        #expect(try await fetchOne(fixture) == 1)
        let counts = await fixture.caller.statistics
        #expect(counts.circuitOpenedCount == 2 && counts.circuitRefusalCount == 2)
    }

    @Test("while one call tries, the others are refused")
    func oneTrial() {
        var breaker = CircuitBreaker(.init(failureLimit: 1))
        breaker.failed(now: .zero)
        #expect(breaker.refusal(now: .milliseconds(999)) == .milliseconds(1))
        #expect(breaker.refusal(now: .seconds(1)) == nil)
        #expect(breaker.refusal(now: .seconds(1)) == .seconds(1))
        breaker.abandoned(now: .seconds(2))
        #expect(breaker.refusal(now: .seconds(2)) == nil)
        breaker.succeeded()
        #expect(breaker.refusal(now: .seconds(2)) == nil)
        #expect(breaker.refusal(now: .seconds(2)) == nil)
    }

    @Test("throttling does not open the circuit: the store is there")
    func throttling() async throws {
        var settings = ColdFixture.callerSettings
        settings.attemptLimit = 1
        settings.failureLimit = 2
        let fixture = try await ColdFixture(count: 1, caller: settings)
        fixture.store.script(.fetch, [SimulatedColdStore.Fault?](repeating: .throttle(), count: 5))
        for _ in 0..<5 { _ = try? await fetchOne(fixture) }
        #expect(try await fetchOne(fixture) == 1)
    }
}
