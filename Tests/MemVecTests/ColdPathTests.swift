import Storage
import Testing
import Tiers
import Vectors

@testable import MemVec
@testable import Router

@Test("while an attach is not done the cold store answers, and says so; afterwards the collection does")
func passThrough() async throws {
    let remote = MemoryRemote()
    let vectors = clustered(3000, 16, seed: 31)
    try await remote.fill(vectors)
    let (near, collection) = try await remote.front()
    let filter = try Filter(json: #"{"third":1}"#)
    remote.hooks.afterNext(.list, skipping: 1) {
        var options = QueryOptions()
        options.wantsMetadata = true
        for i in [1, 400, 2998] {
            let answer = try await collection.query(vectors[i], k: 5, options: options)
            #expect(answer.provenance.reason == .coldQuery && answer.hits.count == 5)
            #expect(answer.hits.first?.key.text == "k\(i)" && answer.hits.first?.distance == 0)
            #expect(answer.hits.first?.metadata == (try Metadata(json: #"{"third":\#(i % 3)}"#)))
            options.filter = filter
            let filtered = try await collection.query(vectors[i], k: 5, options: options)
            #expect(filtered.hits.allSatisfy { $0.metadata == (try? Metadata(json: #"{"third":1}"#)) })
            options.filter = nil
        }
        // The store is away: what is known here, marked.
        remote.store.setAway(true)
        let alone = try await collection.query(vectors[0], k: 5)
        #expect(alone.provenance.reason == .degraded)
        remote.store.setAway(false)
    }
    _ = try await collection.attach(segments: 1)
    #expect(remote.calls(.query) > 0)
    let asked = remote.calls(.query)
    let answer = try await collection.query(vectors[5], k: 5)
    #expect(answer.provenance.reason == .exact && answer.hits.first?.key.text == "k5" && remote.calls(.query) == asked)
    try await collection.close()
    withExtendedLifetime(near) {}
}

@Test("each cold path asks what it says: vectors, answers, or what costs less")
func coldPaths() async throws {
    let vectors = clustered(3000, 16, seed: 32)
    for (path, queryPrice, expected) in [
        (ColdPath.get, 0.001, Provenance.Reason.complete), (.query, 5, .coldQuery), (.auto, 0.001, .coldQuery),
        (.auto, 5, .complete),
    ] {
        let remote = MemoryRemote(costs: FixedCosts(query: queryPrice))
        let (near, collection) = try await remote.attached(vectors, warm: "100kB", path: path)
        var hits = 0
        for i in stride(from: 0, to: 3000, by: 150) {
            let answer = try await collection.query(vectors[i], k: 10)
            let distances = vectors.map { squares($0, vectors[i]) }
            let exact = vectors.indices.sorted { distances[$0] < distances[$1] }
            let truth = Set(exact.prefix(10).map { "k\($0)" })
            hits += answer.hits.count { truth.contains($0.key.text) }
            guard answer.provenance.missingCount > 0 else { continue }
            #expect(answer.provenance.reason == expected)
            #expect(answer.provenance.cold.requestCount == 1 && answer.provenance.cold.aloneDollars == queryPrice)
            #expect(answer.provenance.cold.dollars == (expected == .coldQuery ? queryPrice : 0.01))
        }
        #expect(hits >= 196, "\(path): \(hits) of 200")
        #expect(remote.calls(expected == .coldQuery ? .query : .fetch) > 0)
        try await collection.close()
        withExtendedLifetime(near) {}
    }
}

@Test("over the day's budget the store is left alone: what is missing keeps its estimate, and the answer says partial")
func coldBudget() async throws {
    let vectors = clustered(3000, 16, seed: 35)
    for path in [ColdPath.get, .query] {
        let remote = MemoryRemote(costs: FixedCosts(query: 0.01))
        let (near, filled) = try await remote.attached(vectors, warm: "100kB", path: path)
        try await filled.close()
        var options = smallMap
        options.changes["cold-budget"] = "0.055"
        let collection = try await VectorCollection.open(at: near.path, options: options)
        var partialCount = 0, estimatedCount = 0, seen = 0
        for i in stride(from: 0, to: 3000, by: 30) {
            let calls = remote.calls(.fetch) + remote.calls(.query)
            let answer = try await collection.query(vectors[i], k: 10), use = answer.provenance
            guard use.missingCount > 0 else { continue }
            seen += 1
            #expect((use.reason == .partial) == (seen > 5), "query \(seen) of \(path): \(use.reason)")
            guard use.reason == .partial else { continue }
            partialCount += 1
            #expect(use.cold.requestCount == 0 && use.cold.dollars == 0)
            #expect(remote.calls(.fetch) + remote.calls(.query) == calls)
            #expect(answer.hits.count == 10 && answer.hits.allSatisfy { $0.isExact == ($0.source != .index) })
            estimatedCount += answer.hits.contains { !$0.isExact } ? 1 : 0
        }
        #expect(partialCount > 10 && estimatedCount > 0, "\(estimatedCount) of \(partialCount) answers have estimates")
        var exact = QueryOptions()
        exact.isExact = true
        #expect(try await collection.query(vectors[0], k: 10, options: exact).provenance.reason == .partial)
        let part = try #require(try collection.statistics().remote)
        #expect(part.coldBudget == 0.055 && abs((part.leftToday ?? 1) - 0.005) < 1e-9)
        try await collection.close()
        let reopened = try await VectorCollection.open(at: near.path, options: smallMap)
        let left = try reopened.statistics().remote?.leftToday
        #expect(abs((left ?? 1) - 0.005) < 1e-9, "a restart is no new day")
        try await reopened.close()
        withExtendedLifetime(near) {}
    }
}

@Test("queries that come again are filled in full calls within the credit, and then answered here")
func fillsWithinCredit() async throws {
    let vectors = clustered(3000, 16, seed: 33)
    let remote = MemoryRemote(costs: FixedCosts(query: 0.004))
    let (near, collection) = try await remote.attached(vectors, warm: "100kB", ram: "300kB")
    let engine = try collection.engine()
    let fills: Fills = try #require(engine.router.fills)
    let access: ColdAccess = try #require(engine.router.cold)
    #expect(access.callCount(100) == 1 && access.callCount(101) == 2)
    var spent = 0.0
    for _ in 0..<12 {
        for i in stride(from: 0, to: 3000, by: 100) { _ = try await collection.query(vectors[i], k: 10) }
        let sums = engine.spending.sums
        #expect(sums.onlineDollars <= sums.aloneDollars + Spending.seedCredit)
        spent = sums.onlineDollars
        await fills.settle()
        engine.tiers.drain()
    }
    let sums: Spending.Sums = engine.spending.sums
    #expect(sums.queryCount == 360 && sums.localQueryCount > 0 && spent < sums.aloneDollars + Spending.seedCredit)
    #expect(remote.calls(.fetch) > 0)
    try await collection.close()
    let reopened = try await VectorCollection.open(at: near.path, options: smallMap)
    #expect(try reopened.engine().spending.sums == sums, "sums survive a reopen")
    let part: CollectionStatistics.RemotePart = try #require(try reopened.statistics().remote)
    #expect(part.isAttached && part.address == remote.address && part.spending == sums && part.comparedAt != nil)
    try await reopened.close()
}

@Test("a key that only the cold store knows is answered and taken over")
func strangersAreAnswered() async throws {
    let vectors = clustered(3000, 16, seed: 34)
    let remote = MemoryRemote(costs: FixedCosts(query: 0.001))
    let (near, collection) = try await remote.attached(vectors, warm: "100kB", path: .query)
    let foreign = vectors[2500].map { $0 + 0.001 }
    await remote.memory.overwrite(try MemoryRemote.vector(9000, foreign))
    let answer = try await collection.query(foreign, k: 3)
    #expect(answer.hits.first?.key.text == "k9000" && answer.hits.first?.row == nil)
    try await collection.engine().foreign.settle()
    #expect(try await collection.count() == 3001)
    #expect(try await collection.query(foreign, k: 3).hits.first?.row != nil)
    try await collection.close()
    withExtendedLifetime(near) {}
}

@Test("an answer of the store counts with the metadata that the store has, and is bought once")
func storeKnowsTheMetadata() async throws {
    let vectors = clustered(3000, 16, seed: 36)
    let remote = MemoryRemote(costs: FixedCosts(query: 0.001))
    let (near, collection) = try await remote.attached(vectors, warm: "100kB", path: .query)
    // Others have given k2500 the metadata that only every third vector had.
    await remote.memory.overwrite(try MemoryRemote.vector(2500, vectors[2500], third: 0))
    var options = QueryOptions()
    options.filter = try Filter(json: #"{"third":0}"#)
    options.wantsMetadata = true
    let asked = remote.calls(.query)
    let answer = try await collection.query(vectors[2500], k: 10, options: options)
    #expect(answer.hits.first?.key.text == "k2500" && answer.hits.count == 10)
    #expect(answer.hits.first?.metadata == (try Metadata(json: #"{"third":0}"#)))
    #expect(remote.calls(.query) == asked + 1 && answer.provenance.rerunCount == 0)
    try await collection.engine().foreign.settle()
    let again = try await collection.query(vectors[2500], k: 10, options: options)
    #expect(again.hits.first?.key.text == "k2500" && again.hits.first?.row != nil, "taken over")
    try await collection.close()
    withExtendedLifetime(near) {}
}

@Test("a fetch in the place of an answer that did not come is within the day's budget, too")
func budgetOfSecondWay() async throws {
    let vectors = clustered(3000, 16, seed: 37)
    let remote = MemoryRemote(costs: FixedCosts(query: 0.01))
    let (near, filled) = try await remote.attached(vectors, warm: "100kB", path: .query)
    try await filled.close()
    var options = smallMap
    options.changes["cold-budget"] = "0.015"
    let collection = try await VectorCollection.open(at: near.path, options: options)
    remote.hooks.afterNext(.query) { throw CancellationError() }
    var reasons: [Provenance.Reason] = []
    for i in stride(from: 0, to: 3000, by: 30) where reasons.count < 2 {
        let answer = try await collection.query(vectors[i], k: 10)
        if answer.provenance.missingCount > 0 { reasons.append(answer.provenance.reason) }
    }
    #expect(reasons == [.partial, .partial], "\(reasons)")
    let left = try collection.statistics().remote?.leftToday ?? 1
    #expect(remote.calls(.query) == 1 && left < 0.01, "\(left)")
    try await collection.close()
    withExtendedLifetime(near) {}
}

@Test("a store that is away costs nothing, takes nothing of the day's budget, and the answers say why")
func outagesAreFree() async throws {
    let vectors = clustered(3000, 16, seed: 39)
    for path in [ColdPath.get, .query, .auto] {
        let remote = MemoryRemote(costs: FixedCosts(query: 0.004))
        let (near, filled) = try await remote.attached(vectors, warm: "100kB", path: path)
        try await filled.close()
        var options = smallMap
        options.changes["cold-budget"] = "1"
        let collection = try await VectorCollection.open(at: near.path, options: options)
        let before = try collection.engine().spending.sums
        remote.store.setAway(true)
        var degradedCount = 0
        for i in stride(from: 0, to: 3000, by: 60) {
            let use = try await collection.query(vectors[i], k: 10).provenance
            guard use.missingCount > 0 else { continue }
            degradedCount += 1
            #expect(use.reason == .degraded && use.cold.dollars == 0 && use.cold.requestCount == 0)
            #expect(use.trouble != nil)
        }
        try await collection.settleAudits()
        #expect(degradedCount > 5)
        let after = try collection.engine().spending.sums
        #expect(after.onlineDollars == before.onlineDollars && after.bulkDollars == before.bulkDollars)
        #expect(after.localQueryCount == before.localQueryCount + 50 - degradedCount)
        #expect(try collection.statistics().remote?.leftToday == 1)
        try await collection.close()
        withExtendedLifetime(near) {}
    }
}

@Test("a vector that comes when nobody waits for it any more is kept, if it is what its row says")
func lateVectorsAreKept() async throws {
    let vectors = clustered(3000, 16, seed: 38)
    let remote = MemoryRemote()
    let (near, collection) = try await remote.attached(vectors, warm: "700kB", ram: "20kB", path: .get)
    let engine = try collection.engine(), cold = try #require(engine.cold)
    let away = try vectors.indices.filter { number in
        let row = try #require(try engine.store.read { try $0.row(of: VectorKey("k\(number)")) })
        return !engine.tiers.isAtHand(row)
    }
    let (kept, changed) = (away[0], away[1])
    func offered() -> Int {
        engine.tiers.drain()
        let warm = engine.tiers.statistics.warm
        return (warm?.pendingRowCount ?? 0) + (warm?.refusedCount ?? 0) + (warm?.admittedCount ?? 0)
    }
    let before = offered()
    cold.late.note([try MemoryRemote.vector(changed, vectors[kept])])
    #expect(offered() == before)
    cold.late.note([try MemoryRemote.vector(kept, vectors[kept])])
    #expect(offered() == before + 1)
    try await collection.close()
    withExtendedLifetime(near) {}
}

@Test("spending knows when bulk movements have paid for themselves")
func payBack() {
    let spending = Spending(credit: 1)
    spending.noteBulk(10)
    #expect(spending.sums.queriesToPayBack == nil)
    for _ in 0..<10 { spending.noteQuery(alone: 0.5, spent: 0, wasLocal: true) }
    #expect(spending.sums.queriesToPayBack == 10)
    #expect(!spending.spendAhead(5.95), "alone 5 and nine tenths of a credit of 1; the rest is for audits")
    #expect(spending.spendAhead(5.9) && !spending.spendAhead(0.05))
    #expect(spending.hasCredit(for: 0.05) && !spending.hasCredit(for: 0.15))
    for _ in 0..<30 { spending.noteQuery(alone: 0.5, spent: 0, wasLocal: true) }
    #expect(spending.sums.queriesToPayBack == 0)
}

@Test("attempts that failed and keys that are read anew are booked")
func failuresAreBooked() async throws {
    let vectors = clustered(3000, 16, seed: 35)
    let remote = MemoryRemote(costs: FixedCosts(query: 0.004))
    let (near, collection) = try await remote.attached(vectors, warm: "100kB", path: .query)
    let engine = try collection.engine()
    let before = engine.spending.sums
    #expect(engine.cold?.store is BookedColdStore)
    // Two attempts reached the store and one did not.
    remote.store.script(.query, [.error(status: 503), .unreachable, .reset, nil])
    let answer = try await collection.query(vectors[2500], k: 3)
    #expect(answer.provenance.reason == .coldQuery && answer.provenance.cold.dollars == 0.004)
    let online = engine.spending.sums.onlineDollars - before.onlineDollars
    #expect(abs(online - 3 * 0.004) < 1e-9, "\(online)")
    await remote.memory.overwrite(try MemoryRemote.vector(9000, vectors[2500].map { $0 + 0.001 }))
    _ = try await collection.query(vectors[2500], k: 3)
    await engine.foreign.settle()
    let bulk = engine.spending.sums.bulkDollars - before.bulkDollars
    #expect(abs(bulk - 0.01) < 1e-9, "one call that reads the new key: \(bulk)")
    let spent = engine.spending.sums
    var options = QueryOptions()
    options.wantsVectors = true
    let withVectors = try await collection.query(vectors[0], k: 3, options: options)
    #expect(withVectors.provenance.cold.aloneDollars == 0.014, "the store alone would have needed a fetch, too")
    #expect(abs(engine.spending.sums.aloneDollars - spent.aloneDollars - 0.014) < 1e-9)
    try await collection.close()
    withExtendedLifetime(near) {}
}

private func squares(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
