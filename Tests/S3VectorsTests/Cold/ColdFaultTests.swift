import Synchronization
import Testing
import Tiers
import Vectors
import Workload

@testable import S3Vectors

@Suite("S3 Vectors as the cold store, through faults")
struct ColdFaultTests {
    private static func values(_ number: Int) -> [Float] { [Float(number), 1, 2, 3] }

    @Test("one request in five fails, in every way: a key is right, or said to have failed", arguments: Seed.quick)
    func fetches(seed: UInt64) async throws {
        let service = FakeService()
        service.fill(500)
        let store = S3VectorsColdStore(service.client(), FakeService.target)
        var settings = ColdCaller.Settings()
        settings.seed = seed
        let coordinator = FetchCoordinator(store: store, caller: ColdCaller(settings, clock: service.clock))
        service.throwDice(0.2, seed: seed)
        var dice = SplitMix64(seed: seed)
        var counts = (found: 0, absent: 0, failed: 0)
        for _ in 0..<Seed.steps(200) {
            let numbers = Set((0..<30).map { _ in dice.below(600) })
            let outcome = await coordinator.fetch(try numbers.map { try VectorKey("key-\($0)") })
            for number in numbers {
                let key = try VectorKey("key-\(number)")
                if outcome.failed[key] != nil {
                    counts.failed += 1
                } else if let vector = outcome.found[key] {
                    #expect(vector.values == Self.values(number), "MEMVEC_SEED=\(seed)")
                    counts.found += 1
                } else {
                    #expect(number >= 500 && outcome.absent.contains(key), "MEMVEC_SEED=\(seed)")
                    counts.absent += 1
                }
            }
        }
        #expect(counts.found > counts.failed && counts.absent > 0, "\(counts), MEMVEC_SEED=\(seed)")
        #expect(store.client.meter.total.failureCount > 20)
    }

    @Test("writes that are acknowledged are there, in their order, whatever became of others", arguments: Seed.quick)
    func writes(seed: UInt64) async throws {
        let service = FakeService()
        let store = S3VectorsColdStore(service.client(), FakeService.target)
        var settings = ColdCaller.Settings()
        settings.seed = seed
        let caller = ColdCaller(settings, clock: service.clock)
        service.throwDice(0.2, seed: seed)
        var dice = SplitMix64(seed: seed)
        // Of each key: what it may hold, nil for nothing.
        var allowed: [Int: [[Float]?]] = [:]
        for step in 0..<Seed.steps(300) {
            let number = dice.below(20)
            let key = try VectorKey("key-\(number)")
            let values: [Float]? = dice.below(4) == 0 ? nil : Self.values(step)
            do throws(ColdError) {
                try await caller.call(isWrite: true) { (timeout) async throws(ColdError) in
                    if let values {
                        try await store.put([ColdVector(key: key, values: values)], timeout: timeout)
                    } else {
                        try await store.delete([key], timeout: timeout)
                    }
                }
                allowed[number] = [values]
            } catch {
                if error.mayHaveApplied { allowed[number] = (allowed[number] ?? [nil]) + [values] }
            }
            let found = service.vectors[key.text]?.data
            let isAllowed = (allowed[number] ?? [nil]).contains { $0 == found }
            #expect(isAllowed, "step \(step), MEMVEC_SEED=\(seed)")
        }
    }

    @Test("a service that is down for a minute costs each query its deadline at most, then nothing, and recovers")
    func outage() async throws {
        let clock = VirtualClock()
        let service = FakeService(clock: clock)
        service.fill(200)
        let store = S3VectorsColdStore(service.client { $0.governor = RetryGovernor(.patient) }, FakeService.target)
        let caller = ColdCaller(clock: clock)
        let coordinator = FetchCoordinator(store: store, caller: caller)
        service.state.withLock { $0.isDown = true }
        let patience = Duration.milliseconds(500)
        var waits: [Duration] = []
        var isFound: [Bool] = []
        for second in 0..<130 {
            if second == 60 { service.state.withLock { $0.isDown = false } }
            let start = clock.now
            let key = try VectorKey("key-\(second)")
            let end = Mutex<Duration?>(nil)
            async let outcome = {
                let outcome = await coordinator.fetch([key], deadline: start + patience)
                end.withLock { $0 = clock.now }
                return outcome
            }()
            while await coordinator.statistics.requestedKeyCount == second { await Task.yield() }
            while end.withLock({ $0 == nil }) {
                // While the service is up nothing takes time but the wait for company: the clock must not run ahead of
                // tasks that a busy machine keeps waiting. While it is down a query ends by its deadline at the latest.
                clock.advance(by: second < 60 ? .milliseconds(5) : .microseconds(100))
                for _ in 0..<64 { await Task.yield() }
            }
            clock.advance(by: max(.zero, start + .seconds(1) - clock.now))
            isFound.append(await outcome.found[key] != nil)
            waits.append((end.withLock { $0 } ?? clock.now) - start)
        }
        #expect(waits.allSatisfy { $0 < patience * 2 }, "a deadline, and how far the clock ran ahead: \(waits)")
        #expect(!isFound[..<60].contains(true))
        // Five calls have to fail, each after ten seconds; from then on one query at a time tries: four or five of 44,
        // more where a busy machine lets the clock run ahead of the calls.
        let slow = waits[16..<60].count { $0 >= patience }
        #expect(slow <= 11, "\(slow) of 44 queries waited")
        // A try that began before may hang for ten seconds, and the break after it lasts half a minute.
        #expect(!isFound[101...].contains(false))
        #expect(await caller.statistics.circuitOpenedCount > 0)
    }
}

extension RetryGovernor.Settings {
    /// As ``ColdOpening`` has it: those who fetch have a circuit of their own.
    fileprivate static var patient: RetryGovernor.Settings {
        var settings = RetryGovernor.Settings()
        settings.breaker.failureLimit = .max
        return settings
    }
}
