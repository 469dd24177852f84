import Storage
import Testing
import Tiers
import Vectors
import Workload

@testable import MemVec
@testable import Router

private let world = clustered(3000, 16, seed: 51)

/// Zipf queries around the rows of the collection.
private func queries(_ count: Int, seed: UInt64) -> [[Float]] {
    var settings = QueryStream.Settings(count: count)
    (settings.sigma, settings.seed) = (0.2, seed)
    let stream = QueryStream(around: world.flatMap { $0 }, dimension: 16, settings)
    return (0..<count).map { stream.vector($0) }
}

/// - Parameter rare: rows whose metadata is {"third": 7}.
private func attached(
    _ remote: MemoryRemote, path: ColdPath = .get, retained: Double = 0.9, rare: Range<Int> = 0..<0
) async throws -> (near: TemporaryFolder, collection: VectorCollection) {
    try await remote.fill(world)
    for number in rare {
        await remote.memory.overwrite(try MemoryRemote.vector(number, world[number], third: 7))
    }
    let (near, collection) = try await remote.front {
        $0.ramBudget = try Budget("30kB")
        $0.warmBudget = try Budget("1kB")
        $0.coldPath = path
        $0.retainedRecall = retained
    }
    _ = try await collection.attach()
    try await collection.train()
    return (near, collection)
}

private func allCandidates() -> QueryOptions {
    var options = QueryOptions()
    options.policy = .off
    options.coldPath = .get
    options.countsAsUse = false
    return options
}

@Suite("Calibrated queries")
struct CalibratedTests {
    @Test("begin by fetching all, then spare the store within the promise; a training begins anew, a reopen does not")
    func life() async throws {
        let remote = MemoryRemote()
        var (near, collection) = try await attached(remote)
        let asked = queries(700, seed: 7)
        var kept = 0, wanted = 0, spared = 0, expectedLoss = 0.0
        for (number, query) in asked.enumerated() {
            let answer = try await collection.query(query)
            if number == 0 {
                #expect(answer.provenance.isCalibrating && answer.provenance.isAudited)
                #expect(answer.provenance.reason == .complete && answer.provenance.expectedRecall == nil)
            }
            if number % 8 == 0 { try await collection.settleAudits() }
            guard number >= 200 else { continue }
            let truth = Set(try await collection.query(query, options: allCandidates()).hits.map(\.key))
            kept += answer.hits.count { truth.contains($0.key) }
            wanted += truth.count
            if answer.provenance.reason == .shortCircuit {
                spared += answer.provenance.cold.requestCount == 0 ? 1 : 0
                expectedLoss += 1 - (try #require(answer.provenance.expectedRecall))
            }
        }
        let recall = Double(kept) / Double(wanted)
        // The promise is a mean over what audits may be drawn, of which there were few.
        #expect(recall >= 0.87 && spared > 25, "recall \(recall), \(spared) without the store")
        #expect(abs(expectedLoss / 500 - (1 - recall)) < 0.03, "\(expectedLoss / 500) was expected")
        let status = try #require(try collection.statistics().remote).calibration
        #expect(status.target == 0.9 && !status.isCalibrating && status.auditKeys > 0)
        try await collection.close()
        collection = try await VectorCollection.open(at: near.path, options: smallMap)
        #expect(try collection.statistics().remote?.calibration == status)
        try await collection.train()
        _ = try await collection.query(asked[0])
        let anew = try #require(try collection.statistics().remote).calibration
        #expect(anew.isCalibrating && anew.auditCount == 0)
        try await collection.close()
        withExtendedLifetime(near) {}
    }

    @Test("without the store answer from what is there, with the recall to be expected, and never fail")
    func storeAway() async throws {
        let remote = MemoryRemote()
        let (near, collection) = try await attached(remote)
        for (number, query) in queries(200, seed: 8).enumerated() {
            _ = try await collection.query(query)
            if number % 8 == 0 { try await collection.settleAudits() }
        }
        let later = queries(100, seed: 9)
        var truths: [Set<VectorKey>] = []
        for query in later {
            truths.append(Set(try await collection.query(query, options: allCandidates()).hits.map(\.key)))
        }
        remote.store.setAway(true)
        var options = QueryOptions()
        options.deadlineSeconds = 0.05
        options.countsAsUse = false
        var expected = 0.0, kept = 0.0, degraded = 0
        for (query, truth) in zip(later, truths) {
            let answer = try await collection.query(query, options: options)
            #expect(answer.hits.count == 10)
            guard answer.provenance.reason == .degraded else { continue }
            degraded += 1
            expected += try #require(answer.provenance.expectedRecall)
            kept += Double(answer.hits.count { truth.contains($0.key) }) / 10
        }
        #expect(degraded > 20)
        #expect(abs(expected - kept) / Double(degraded) < 0.1, "\(expected) expected, \(kept) kept, of \(degraded)")
        remote.store.setAway(false)
        try await collection.close()
        withExtendedLifetime(near) {}
    }

    @Test("audits behind queries of the store compare its answers, and stay within the credit")
    func audits() async throws {
        let remote = MemoryRemote(costs: FixedCosts(query: 0.0001, fetch: 0.0005))
        let (near, collection) = try await attached(remote, path: .auto)
        for (number, query) in queries(400, seed: 10).enumerated() {
            _ = try await collection.query(query)
            if number % 8 == 0 { try await collection.settleAudits() }
            let sums = try collection.engine().spending.sums
            #expect(sums.onlineDollars <= sums.aloneDollars + Spending.seedCredit + 1e-9)
        }
        let status = try #require(try collection.statistics().remote).calibration
        #expect(!status.isCalibrating && status.level > 0, "\(status)")
        #expect(try collection.statistics().remote?.spending.localQueryCount ?? 0 > 50)
        try await collection.close()
        withExtendedLifetime(near) {}
    }
}

/// Where so few rows pass a filter that each of them is a candidate.
@Suite("Filters that few rows pass")
struct NarrowFilterTests {
    private static func options(_ policy: PolicyName? = nil) throws -> QueryOptions {
        var options = QueryOptions()
        options.filter = try Filter(json: #"{"third":1}"#)
        // Four times as many as pass are looked at.
        options.candidates = 250
        options.policy = policy
        return options
    }

    @Test("the store is spared within the promise")
    func spares() async throws {
        let remote = MemoryRemote()
        let (near, collection) = try await attached(remote)
        var kept = 0, wanted = 0, keys = 0, count = 0
        for (number, query) in queries(900, seed: 9).enumerated() {
            let answer = try await collection.query(query, options: try Self.options())
            if number % 8 == 0 { try await collection.settleAudits() }
            guard number >= 400 else { continue }
            var all = try Self.options(.off)
            all.countsAsUse = false
            let truth = try await collection.query(query, options: all)
            #expect(truth.provenance.reason != .exact || truth.provenance.missingCount == 0)
            kept += answer.hits.count { hit in truth.hits.contains { $0.key == hit.key } }
            wanted += truth.hits.count
            keys += answer.provenance.cold.keyCount - answer.provenance.cold.auditKeyCount
            count += 1
        }
        #expect(Double(kept) / Double(wanted) >= 0.9, "\(kept) of \(wanted)")
        #expect(Double(keys) / Double(count) < 100, "\(keys) keys of \(count) queries: of 1,000 rows each")
        try await collection.close()
        withExtendedLifetime(near) {}
    }

    @Test("what passes is in the answer, if it is less than k", arguments: [4, 10, 12])
    func fewerThanK(count: Int) async throws {
        let remote = MemoryRemote()
        let (near, collection) = try await attached(remote, rare: 0..<count)
        for (number, query) in queries(500, seed: 12).enumerated() {
            _ = try await collection.query(query)
            if number % 8 == 0 { try await collection.settleAudits() }
        }
        var options = QueryOptions()
        options.filter = try Filter(json: #"{"third":7}"#)
        for query in queries(40, seed: 13) {
            for k in [5, 10, 30] {
                let answer = try await collection.query(query, k: k, options: options)
                #expect(answer.hits.count == min(k, count), "\(answer.provenance)")
            }
        }
        try await collection.close()
        withExtendedLifetime(near) {}
    }

    @Test("a store that is away leaves estimates of all that pass, as near as the codes tell")
    func away() async throws {
        let remote = MemoryRemote()
        let (near, collection) = try await attached(remote)
        for query in queries(60, seed: 10) { _ = try await collection.query(query) }
        remote.store.setAway(true)
        var found = 0, degraded = 0
        for query in queries(40, seed: 11) {
            let answer = try await collection.query(query, k: 10, options: try Self.options())
            #expect(answer.hits.count == 10)
            guard answer.provenance.reason == .degraded else { continue }
            degraded += 1
            let near = world.indices.filter { $0 % 3 == 1 }
                .sorted { a, b in
                    zip(world[a], query).map { ($0 - $1) * ($0 - $1) }.reduce(0, +)
                        < zip(world[b], query).map { ($0 - $1) * ($0 - $1) }.reduce(0, +)
                }.prefix(10).map { "k\($0)" }
            found += answer.hits.count { near.contains($0.key.text) }
        }
        #expect(degraded > 20 && found > 6 * degraded, "\(found) of \(10 * degraded)")
        try await collection.close()
        withExtendedLifetime(near) {}
    }
}
