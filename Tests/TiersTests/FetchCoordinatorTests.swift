import Synchronization
import Testing
import Vectors

@testable import Tiers

@Suite("Fetch coordinator")
struct FetchCoordinatorTests {
    private func coordinator(
        _ fixture: ColdFixture, callLimit: Int = 16, waitingKeyLimit: Int = 20_000,
        late: @escaping @Sendable ([ColdVector]) -> Void = { _ in }
    ) -> FetchCoordinator {
        var settings = FetchCoordinator.Settings()
        settings.callLimit = callLimit
        settings.waitingKeyLimit = waitingKeyLimit
        return FetchCoordinator(store: fixture.store, caller: fixture.caller, settings: settings, late: late)
    }

    @Test("each key is found, absent or failed, in exactly one of the three")
    func outcome() async throws {
        let fixture = try await ColdFixture(count: 5)
        let coordinator = coordinator(fixture)
        let outcome = await coordinator.fetch(try ColdFixture.keys(3..<8))
        #expect(Set(outcome.found.keys) == Set(try ColdFixture.keys(3..<5)))
        #expect(outcome.absent == Set(try ColdFixture.keys(5..<8)))
        #expect(outcome.failed.isEmpty)
        #expect(outcome.found[try ColdFixture.key(4)]?.values == [4, 4, 4, 4])
        fixture.store.setAway(true)
        let failed = await coordinator.fetch(try ColdFixture.keys(0..<2))
        #expect(failed.failed.count == 2 && failed.found.isEmpty && failed.absent.isEmpty)
        let counts = await coordinator.statistics
        #expect(counts.requestedKeyCount == 7 && counts.foundKeyCount == 2)
        #expect(counts.absentKeyCount == 3 && counts.failedKeyCount == 2)
    }

    @Test("keys of different queries travel in one call, and a key that is wanted twice travels once")
    func coalescing() async throws {
        let fixture = try await ColdFixture(count: 50, passesByItself: false)
        let coordinator = coordinator(fixture)
        let first = Task { await coordinator.fetch(try ColdFixture.keys(0..<7)) }
        await fixture.clock.untilSleepers(1)
        let second = Task { await coordinator.fetch(try ColdFixture.keys(5..<12)) }
        while await coordinator.statistics.requestedKeyCount < 14 { await Task.yield() }
        // Two asked: their keys wait for a third.
        fixture.clock.advance(by: .milliseconds(1))
        await fixture.clock.untilSleepers(1)
        #expect(fixture.store.statistics.callCount == 0)
        fixture.clock.advance(by: .milliseconds(5))
        for _ in 0..<2 {
            await fixture.clock.untilSleepers(1)
            fixture.clock.advance(by: .milliseconds(40))
        }
        #expect(try await first.value.found.count == 7)
        #expect(try await second.value.found.count == 7)
        #expect(fixture.store.statistics.calls[.fetch] == 1)
        #expect(fixture.store.statistics.items[.fetch] == 12)
        #expect(await coordinator.statistics.joinedKeyCount == 2)
    }

    @Test("a full call leaves at once, and calls out keep to their limit")
    func fullCalls() async throws {
        var limits = ColdLimits()
        limits.keysPerFetch = 10
        let fixture = try await ColdFixture(count: 100, passesByItself: false, limits: limits)
        let coordinator = coordinator(fixture, callLimit: 2)
        let all = Task { await coordinator.fetch(try ColdFixture.keys(0..<35)) }
        // Two full calls are out and sleep; the rest waits for them, and for its own time.
        while fixture.store.statistics.callCount < 2 { await Task.yield() }
        for calls in [2, 4] {
            await fixture.clock.untilSleepers(2)
            #expect(fixture.store.statistics.callCount == calls)
            for _ in 0..<2 {
                await fixture.clock.untilSleepers(2)
                fixture.clock.advance(by: .milliseconds(40))
            }
            if calls == 2 { while fixture.store.statistics.callCount < 4 { await Task.yield() } }
        }
        #expect(try await all.value.found.count == 35)
        #expect(fixture.store.statistics.calls[.fetch] == 4)
    }

    @Test("a caller gets what is there at its deadline; the rest is late and given to whoever fills caches")
    func deadline() async throws {
        let fixture = try await ColdFixture(count: 50, passesByItself: false)
        let late = Mutex<[ColdVector]>([])
        let coordinator = coordinator(fixture) { vectors in late.withLock { $0 += vectors } }
        let query = Task { await coordinator.fetch(try ColdFixture.keys(0..<3), deadline: .milliseconds(50)) }
        await fixture.clock.untilSleepers(2)
        fixture.clock.advance(by: .milliseconds(2))
        await fixture.clock.untilSleepers(2)
        fixture.clock.advance(by: .milliseconds(48))
        let outcome = try await query.value
        #expect(outcome.found.isEmpty && outcome.failed.count == 3)
        #expect(outcome.failed.values.allSatisfy { $0 == .deadlineExceeded })
        while await coordinator.statistics.lateKeyCount < 3 {
            fixture.clock.advanceToNextSleeper()
            await Task.yield()
        }
        #expect(late.withLock { $0.count } == 3)
    }

    @Test("while the circuit is open nobody waits for a call that is out already")
    func openCircuit() async throws {
        var settings = ColdFixture.callerSettings
        settings.failureLimit = 1
        settings.attemptLimit = 1
        let fixture = try await ColdFixture(count: 5, passesByItself: false, caller: settings)
        fixture.store.settings.faults = [.timeout]
        fixture.store.settings.faultShare = 1
        let coordinator = coordinator(fixture)
        let first = Task { await coordinator.fetch(try ColdFixture.keys(0..<1)) }
        await fixture.clock.untilSleepers(1)
        fixture.clock.advance(by: .milliseconds(1))
        while fixture.store.statistics.callCount < 1 { await Task.yield() }
        await fixture.clock.untilSleepers(1)
        await #expect(throws: ColdError.timedOut) {
            try await fixture.caller.call { (_) throws(ColdError) in throw .timedOut }
        }
        let second = Task { await coordinator.fetch(try ColdFixture.keys(0..<1)) }
        while await coordinator.statistics.requestedKeyCount < 2 { await Task.yield() }
        fixture.clock.advance(by: .seconds(10))
        let outcome = try await second.value
        #expect(outcome.failed == [try ColdFixture.key(0): .circuitOpen(retryIn: .seconds(1))])
        #expect(try await first.value.failed == [try ColdFixture.key(0): .timedOut])
        #expect(await coordinator.statistics.failedKeyCount == 2)
    }

    @Test("a deadline that has passed sends nothing")
    func pastDeadline() async throws {
        let fixture = try await ColdFixture(count: 5)
        let outcome = await coordinator(fixture).fetch(try ColdFixture.keys(0..<2), deadline: .zero)
        #expect(outcome.failed.count == 2)
        #expect(fixture.store.statistics.callCount == 0)
    }

    @Test("a cancelled caller returns, and the others still get their vectors")
    func cancellation() async throws {
        let fixture = try await ColdFixture(count: 50, passesByItself: false)
        let coordinator = coordinator(fixture)
        let first = Task { await coordinator.fetch(try ColdFixture.keys(0..<3)) }
        let second = Task { await coordinator.fetch(try ColdFixture.keys(0..<3)) }
        while await coordinator.statistics.requestedKeyCount < 6 { await Task.yield() }
        first.cancel()
        #expect(try await first.value.failed.values.allSatisfy { $0 == .cancelled })
        while fixture.store.statistics.callCount == 0 || fixture.clock.sleeperCount > 0 {
            fixture.clock.advanceToNextSleeper()
            await Task.yield()
        }
        #expect(try await second.value.found.count == 3)
    }

    @Test("a fresh fetch does not join a call that was sent before it")
    func fresh() async throws {
        let fixture = try await ColdFixture(count: 5, passesByItself: false)
        let coordinator = coordinator(fixture)
        let key = try ColdFixture.keys(1..<2)
        let old = Task { await coordinator.fetch(key) }
        await fixture.clock.untilSleepers(1)
        fixture.clock.advance(by: .milliseconds(2))
        await fixture.clock.untilSleepers(1)
        fixture.clock.advance(by: .milliseconds(40))
        // The old call has read the store and its answer is on the way; now the key is overwritten.
        await fixture.clock.untilSleepers(1)
        await fixture.memory.overwrite(ColdVector(key: key[0], values: [9, 9, 9, 9]))
        let new = Task { await coordinator.fetch(key, fresh: true) }
        while fixture.store.statistics.callCount < 2 || fixture.clock.sleeperCount > 0 {
            fixture.clock.advanceToNextSleeper()
            await Task.yield()
        }
        #expect(await old.value.found[key[0]]?.values == [1, 1, 1, 1])
        #expect(await new.value.found[key[0]]?.values == [9, 9, 9, 9])
    }

    @Test("keys beyond the bound of the queue are refused, those before them are served")
    func overload() async throws {
        let fixture = try await ColdFixture(count: 50)
        let outcome = await coordinator(fixture, waitingKeyLimit: 10).fetch(try ColdFixture.keys(0..<15))
        #expect(outcome.found.count == 10)
        #expect(outcome.failed.values.allSatisfy { $0 == .overloaded(waitingKeys: 10) })
        #expect(outcome.failed.count == 5)
    }

    @Test("a call that fails and is asked again serves all who wait for it", arguments: Seed.quick)
    func faults(seed: UInt64) async throws {
        let fixture = try await ColdFixture(count: 200)
        fixture.store.script(.fetch, [.error(status: 503), .throttle(pause: .milliseconds(10)), .lostAnswer])
        let coordinator = coordinator(fixture)
        let outcomes = await withTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask {
                    let keys = (try? ColdFixture.keys((task * 10)..<(task * 10 + 30))) ?? []
                    return await coordinator.fetch(keys).found.count
                }
            }
            return await group.reduce(0, +)
        }
        #expect(outcomes == 8 * 30, "MEMVEC_SEED=\(seed) repeats this")
        let counts = await coordinator.statistics
        #expect(counts.sentKeyCount + counts.joinedKeyCount == counts.requestedKeyCount)
    }
}
