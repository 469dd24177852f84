import Testing
import Vectors

@testable import Tiers

@Suite("Cold store: memory and simulation")
struct ColdStoreTests {
    @Test("what was put is fetched with the parts that were asked for, absent keys are left out")
    func putAndFetch() async throws {
        let memory = MemoryColdStore(ColdDescription(dimension: 4, metric: .euclidean))
        try await memory.put([ColdFixture.vector(1), ColdFixture.vector(2)], timeout: .seconds(1))
        let both = try await memory.fetch(ColdFixture.keys(1..<4), [.values, .metadata], timeout: .seconds(1))
        #expect(both == [try ColdFixture.vector(1), try ColdFixture.vector(2)])
        let bare = try await memory.fetch(ColdFixture.keys(1..<2), [], timeout: .seconds(1))
        #expect(bare.first?.values == nil && bare.first?.metadata == nil)
        try await memory.delete(ColdFixture.keys(0..<2), timeout: .seconds(1))
        #expect(await memory.count == 1)
    }

    @Test("wrong calls are refused with the service's words and change nothing")
    func refusals() async throws {
        var limits = ColdLimits()
        limits.keysPerFetch = 3
        let memory = MemoryColdStore(ColdDescription(dimension: 4, metric: .euclidean), limits: limits)
        let short = ColdVector(key: try ColdFixture.key(1), values: [1])
        await #expect(throws: ColdError.self) {
            try await memory.put([ColdFixture.vector(7), short], timeout: .seconds(1))
        }
        #expect(await memory.count == 0)
        await #expect(
            throws: ColdError.refused(
                status: 400, code: "ValidationException", message: "4 keys; allowed: 1 to 3")
        ) { try await memory.fetch(ColdFixture.keys(0..<4), .values, timeout: .seconds(1)) }
        await #expect(throws: ColdError.self) { try await memory.fetch([], .values, timeout: .seconds(1)) }
        let twice = [try ColdFixture.key(1), try ColdFixture.key(1)]
        await #expect(throws: ColdError.self) { try await memory.delete(twice, timeout: .seconds(1)) }
    }

    @Test("pages and segments list everything once")
    func listing() async throws {
        let fixture = try await ColdFixture(count: 57)
        var seen: [String] = []
        for index in 0..<3 {
            var token: String?
            repeat {
                let page = try await fixture.store.list(
                    ColdListRequest(.values, limit: 10, token: token, segment: .init(index: index, of: 3)),
                    timeout: .seconds(1))
                seen += page.vectors.map(\.key.text)
                token = page.nextToken
            } while token != nil
        }
        #expect(seen.count == 57 && Set(seen).count == 57)
        #expect(fixture.store.statistics.items[.list] == 57)
    }

    @Test("a query answers by the metric, nearest first")
    func query() async throws {
        for (metric, expected) in [(Metric.euclidean, [Float(0), 2, 4]), (.cosine, [Float(0), 0, 0])] {
            let memory = MemoryColdStore(ColdDescription(dimension: 4, metric: metric))
            for number in 1..<9 { await memory.overwrite(try ColdFixture.vector(number)) }
            let hits = try await memory.query(ColdQuery(values: [8, 8, 8, 8], count: 3), timeout: .seconds(1))
            #expect(hits?.map(\.distance) == expected)
        }
    }

    @Test("a query with a filter answers only what matches, with metadata when it is wanted")
    func filteredQuery() async throws {
        let fixture = try await ColdFixture(count: 20)
        var query = ColdQuery(values: [0, 0, 0, 0], count: 3, filter: try Filter(json: #"{"number":{"$gte":15}}"#))
        query.wantsMetadata = true
        let hits = try await fixture.store.query(query, timeout: .seconds(1))
        #expect(hits?.map(\.key) == (try ColdFixture.keys(15..<18)))
        #expect(hits?.first?.metadata == (try Metadata(json: #"{"number":15}"#)))
    }

    @Test("calls take the latency, jitter stays in its band and comes from the seed")
    func latency() async throws {
        var times: [[Duration]] = []
        for _ in 0..<2 {
            let fixture = try await ColdFixture(count: 1, jitter: 0.25)
            var taken: [Duration] = []
            for _ in 0..<40 {
                let before = fixture.clock.now
                _ = try await fixture.store.fetch(ColdFixture.keys(0..<1), .values, timeout: .seconds(1))
                taken.append(fixture.clock.now - before)
            }
            times.append(taken)
        }
        #expect(times[0] == times[1])
        #expect(times[0].allSatisfy { $0 >= .milliseconds(59) && $0 <= .milliseconds(101) })
        #expect(Set(times[0]).count > 30)
    }

    @Test("each fault of the script looks as it should and is met once")
    func faults() async throws {
        let fixture = try await ColdFixture(count: 1)
        let key = try ColdFixture.keys(0..<1)
        fixture.store.script(
            .fetch,
            [
                .throttle(pause: .seconds(2)), .error(status: 503), .timeout, .unreachable, .slow(by: .seconds(5)), nil,
            ])
        let expected: [ColdError?] = [
            .throttled(pause: .seconds(2)), .unavailable(status: 503, message: "simulated"), .timedOut,
            .unreachable(message: "no route to the simulated store"), .timedOut, nil, nil,
        ]
        for error in expected {
            do throws(ColdError) {
                let found = try await fixture.store.fetch(key, .values, timeout: .seconds(1))
                #expect(error == nil && found.count == 1)
            } catch let thrown {
                #expect(thrown == error)
            }
        }
        #expect(fixture.store.statistics.calls[.fetch] == 7)
        #expect(fixture.store.statistics.faultCount == 5)
    }

    @Test("a lost answer was carried out, and the caller cannot tell")
    func lostAnswer() async throws {
        let fixture = try await ColdFixture()
        fixture.store.script(.put, [.lostAnswer, .timeout])
        for count in [1, 1] {
            await #expect(throws: ColdError.timedOut) {
                try await fixture.store.put([ColdFixture.vector(1)], timeout: .seconds(1))
            }
            #expect(await fixture.memory.count == count)
        }
        #expect(ColdError.timedOut.mayHaveApplied)
        #expect(!ColdError.throttled(pause: nil).mayHaveApplied)
    }

    @Test("a store that is away refuses at once, and is back when it is back")
    func away() async throws {
        let fixture = try await ColdFixture(count: 1)
        fixture.store.setAway(true)
        await #expect(throws: ColdError.self) { try await fixture.store.describe(timeout: .seconds(1)) }
        #expect(fixture.clock.now == .zero)
        fixture.store.setAway(false)
        #expect(try await fixture.store.describe(timeout: .seconds(1)).dimension == 4)
    }

    @Test("errors have stable codes and a text")
    func errorTexts() {
        let all: [ColdError] = [
            .throttled(pause: .seconds(1)), .unavailable(status: 500, message: "m"), .timedOut,
            .unreachable(message: "m"), .connectionLost(message: "m"), .refused(status: 400, code: "c", message: "m"),
            .strangeAnswer(what: "w"), .circuitOpen(retryIn: .seconds(1)), .deadlineExceeded, .cancelled,
            .overloaded(waitingKeys: 3),
        ]
        #expect(Set(all.map(\.code)).count == all.count)
        #expect(all.allSatisfy { !$0.description.isEmpty })
    }
}
