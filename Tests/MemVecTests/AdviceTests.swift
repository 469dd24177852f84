import Storage
import Testing
import Tiers
import Vectors
import Workload

@testable import MemVec

@Suite("advice on sizes")
struct AdviceTests {
    @Test("both caches of the model hold what they can, and more in a larger one")
    func model() {
        // Every row is as likely: any cache answers the share that it holds.
        let flat = CacheModel(uses: [Int](repeating: 8, count: 100), rowCount: 100)
        for rows in [1, 25, 99] { #expect(abs(flat.hitShare(rows: rows) - Double(rows) / 100) < 0.01, "\(rows)") }
        #expect(flat.hitShare(rows: 0) == 0 && flat.hitShare(rows: 100) == 1 && flat.hitShare(rows: 500) == 1)
        var skewed = CacheModel(uses: (1...50).map { 60 / $0 }, rowCount: 200)
        let before = [2, 10, 50, 150].map { skewed.hitShare(rows: $0) }
        #expect(zip(before, before.dropFirst()).allSatisfy { $0 < $1 })
        for seen in [0.2, 0.5, 0.9] {
            skewed.calibrate(rows: 10, seen: seen)
            #expect(abs(skewed.hitShare(rows: 10) - seen) < 1e-6, "what was seen is what it tells")
            let after = [2, 10, 50, 150].map { skewed.hitShare(rows: $0) }
            #expect(zip(after, after.dropFirst()).allSatisfy { $0 < $1 } && after.allSatisfy { (0...1).contains($0) })
        }
        skewed.calibrate(rows: 10, seen: 0)
        #expect(skewed.hitShare(rows: 10) < 0.002)
        // Room for all that was ever used, and yet nothing was found there: tiers that are filling.
        var filling = CacheModel(uses: [9, 5, 4], rowCount: 1_000)
        filling.calibrate(rows: 500, seen: 0.1)
        #expect(abs(filling.hitShare(rows: 500) - 0.1) < 1e-6)
        #expect(CacheModel(uses: [], rowCount: 10).isEmpty)
    }

    @Test("independent requests of an LRU cache are answered as the approximation says")
    func leastRecentlyUsed() {
        let zipf = Zipf(count: 2_000, exponent: 0.9)
        var random = SplitMix64(seed: 3), uses = [Int](repeating: 0, count: 2_000)
        let requests = (0..<200_000).map { _ in zipf.draw(&random) }
        for row in requests { uses[row] += 1 }
        func simulated(_ size: Int) -> Double {
            var last = [Int](repeating: .min, count: 2_000), order: [(row: Int, at: Int)] = [], head = 0
            var inside = 0, hits = 0
            for (at, row) in requests.enumerated() {
                if last[row] != .min { if at >= 100_000 { hits += 1 } } else { inside += 1 }
                last[row] = at
                order.append((row, at))
                while inside > size {
                    let oldest = order[head]
                    head += 1
                    guard last[oldest.row] == oldest.at else { continue }
                    last[oldest.row] = .min
                    inside -= 1
                }
            }
            return Double(hits) / 100_000
        }
        var model = CacheModel(uses: uses, rowCount: 2_000)
        model.calibrate(rows: 100, seen: simulated(100))
        for size in [20, 400, 1_000] {
            let told = model.hitShare(rows: size), seen = simulated(size)
            #expect(abs(told - seen) < 0.02, "\(size) rows: \(told) told, \(seen) seen")
        }
    }

    @Test("the share of hits in RAM at another size is as foretold, within 5 points")
    func replay() async throws {
        let folder = TemporaryFolder(), base = Clusters.vectors(count: 4_000, dimension: 16, clusters: 40, seed: 8)
        var drawn = QueryStream.Settings(count: 5_000)
        (drawn.sigma, drawn.seed) = (2, 9)
        let stream = QueryStream(around: base, dimension: 16, drawn)
        var own = try CollectionSettings()
        own.autoTrain = false
        let made = try await VectorCollection.create(
            at: folder.path, CollectionConfiguration(dimension: 16, metric: .euclidean, settings: own),
            options: smallMap)
        try await made.put(
            (0..<4_000).map { try VectorRecord(key: "\($0)", values: Array(base[16 * $0..<16 * ($0 + 1)])) })
        try await made.train()
        try await made.close()
        /// Asks everything with room for a share of the rows.
        func asked(percent: Int) async throws -> (seen: Double, advice: Advice) {
            try Files.remove(folder.path + "/g1/heat")
            var options = smallMap
            options.changes = ["ram-budget": "\(40 * percent * 64)B"]
            let collection = try await VectorCollection.open(at: folder.path, options: options)
            var inRAM = 0, all = 0
            for number in 0..<stream.count {
                let hits = try await collection.query(stream.vector(number)).hits
                if number % 50 == 0 { try await collection.settleTiers() }
                inRAM += hits.count { $0.source == .ram }
                all += hits.count
            }
            let advice = try collection.advice()
            try await collection.close()
            return (Double(inRAM) / Double(all), advice)
        }
        let advice = try await asked(percent: 5).advice
        #expect(advice.isPossible && advice.traffic.queries == 5_000 && advice.ramRows == 200)
        for percent in [1, 10, 20] {
            let told = advice.outlook(ramRows: 40 * percent, warmRows: 0).ramShare
            let seen = try await asked(percent: percent).seen
            #expect(abs(told - seen) < 0.05, "\(percent) %: \(told) told, \(seen) seen")
        }
        // What was seen is kept with the collection, and a reader knows it.
        var reading = smallMap
        reading.isReadOnly = true
        let reader = try await VectorCollection.open(at: folder.path, options: reading)
        #expect(try reader.advice().traffic.queries >= 10_000)
        try await reader.close()
    }

    @Test("keys, dollars and times go with the queries that need the store")
    func store() {
        var traffic = ObservedTraffic()
        (traffic.queries, traffic.localQueries) = (1_000, 600)
        (traffic.ramHits, traffic.warmHits, traffic.coldHits) = (5_000, 3_000, 2_000)
        (traffic.coldKeys, traffic.coldDollars) = (8_000, 0.02)
        (traffic.localTime, traffic.coldTime) = (600 * 5e5, 400 * 9e7)
        let advice = Advice(
            traffic: traffic, uses: (1...500).map { 2_000 / $0 }, rowCount: 2_000, vectorBytes: 512, isRemote: true,
            ramRows: 50, warmRows: 300)
        let now = advice.outlook(ramRows: 50, warmRows: 300), more = advice.outlook(ramRows: 50, warmRows: 900)
        #expect(abs(now.ramShare - 0.5) < 1e-6 && abs(now.warmShare - 0.3) < 1e-6 && abs(now.localShare - 0.6) < 1e-6)
        #expect(abs(now.keysPerQuery - 8) < 1e-6 && abs(now.dollarsPerMillion - 20) < 1e-6)
        #expect(abs(now.meanMilliseconds - 36.3) < 1e-6 && now.middleMilliseconds == 0.5)
        #expect(more.localShare > now.localShare && more.dollarsPerMillion < now.dollarsPerMillion)
        #expect(more.ramShare == now.ramShare && more.warmBytes == 900 * 512)
        let all = advice.outlook(ramRows: 50, warmRows: 5_000)
        #expect(all.coldShare == 0 && all.localShare == 1 && all.keysPerQuery == 0)
        // Hits were at hand, other candidates were not: what is, is told as it was seen.
        (traffic.localQueries, traffic.localTime) = (0, 0)
        (traffic.ramHits, traffic.warmHits, traffic.coldHits) = (10_000, 0, 0)
        let fetching = Advice(
            traffic: traffic, uses: (1...500).map { 2_000 / $0 }, rowCount: 2_000, vectorBytes: 512, isRemote: true,
            ramRows: 1_900, warmRows: 300)
        let same = fetching.outlook(ramRows: 1_900, warmRows: 300)
        #expect(same.localShare == 0 && abs(same.keysPerQuery - 8) < 1e-6 && same.meanMilliseconds > 30)
    }
}
