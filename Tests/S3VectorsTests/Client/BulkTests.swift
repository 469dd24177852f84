import Synchronization
import Testing
import Tiers
import Vectors
import Workload

@testable import S3Vectors

@Suite("Batches, pages, segments")
struct BulkTests {
    private func vector(_ key: String, _ count: Int, metadata: JSONValue? = nil) -> PutVectors.Vector {
        PutVectors.Vector(key: key, data: (0..<count).map { Float($0) * 0.123_456_7 - 9 }, metadata: metadata)
    }

    @Test("no request is larger than the service takes, and none much smaller than it must be", arguments: Seed.quick)
    func batches(seed: UInt64) throws {
        var dice = SplitMix64(seed: seed)
        let limit = 40_000
        var vectors: [PutVectors.Vector] = []
        for number in 0..<400 {
            let key =
                String(repeating: ["k", "é", "\"", "\n"][dice.below(4)], count: 1 + dice.below(100)) + "\(number)"
            let text = String(repeating: "m\"", count: dice.below(200))
            let metadata = dice.below(2) == 0 ? JSONValue.object([.init("t", .string(text))]) : nil
            vectors.append(vector(key, 1 + dice.below(100), metadata: metadata))
        }
        let ranges = try VectorBatches.split(vectors, byteLimit: limit)
        #expect(ranges.flatMap { Array($0) } == Array(0..<400), "MEMVEC_SEED=\(seed)")
        let sizes = ranges.map { PutVectors(index: FakeService.target, vectors: Array(vectors[$0])).body.count }
        #expect(sizes.allSatisfy { $0 <= limit }, "MEMVEC_SEED=\(seed): \(sizes)")
        #expect(sizes.dropLast().allSatisfy { $0 > limit * 7 / 10 }, "MEMVEC_SEED=\(seed): \(sizes)")
    }

    @Test("at most 500 go into a request, and a record that is too large alone is named")
    func batchLimits() throws {
        let small = (0..<1201).map { vector("k\($0)", 2) }
        #expect(try VectorBatches.split(small).map(\.count) == [500, 500, 201])
        #expect(try VectorBatches.split([]).isEmpty)
        let error = #expect(throws: S3VectorsError.self) {
            try VectorBatches.split([vector("a", 2), vector("big", 1000)], byteLimit: 5000)
        }
        guard case .recordTooLarge("big", _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("everything that is put comes back, whatever the numbers of keys; keys that come twice are sent once")
    func thereAndBack() async throws {
        let service = FakeService()
        let client = service.client()
        let vectors = (0..<1234).map { vector("k\($0)", 4, metadata: .object([.init("n", .integer(Int64($0)))])) }
        try await client.putAll(vectors, to: FakeService.target)
        #expect(service.vectors.count == 1234)
        let keys = (0..<1234).map { "k\($0)" } + ["k1", "k2", "none"]
        let found = try await client.getAll(
            keys, of: FakeService.target, returnsData: true, returnsMetadata: true, requestLimit: 3)
        #expect(found.count == 1234)
        let byKey = Dictionary(uniqueKeysWithValues: found.map { ($0.key, $0) })
        #expect(vectors.allSatisfy { byKey[$0.key]?.data == $0.data && byKey[$0.key]?.metadata == $0.metadata })
        #expect(service.state.withLock { $0.mostUnderWay } <= 4)
        let counts = client.meter.counts
        #expect(counts[.putVectors]?.requestCount == 3 && counts[.putVectors]?.keyCount == 1234)
        #expect(counts[.getVectors]?.requestCount == 13 && counts[.getVectors]?.keyCount == 1235)
        try await client.deleteAll(keys, from: FakeService.target)
        #expect(service.vectors.isEmpty)
        #expect(client.meter.counts[.deleteVectors]?.requestCount == 3)
    }

    @Test("a failure ends the whole, with its error")
    func failure() async throws {
        let service = FakeService()
        service.script([nil, .answer(400, type: "ValidationException")])
        let client = service.client()
        await #expect(throws: S3VectorsError.self) {
            try await client.deleteAll((0..<3000).map { "k\($0)" }, from: FakeService.target, requestLimit: 1)
        }
        #expect(service.requests.count == 2)
    }

    @Test("a query's pages make one answer; a token that comes twice ends it")
    func queryPages() async throws {
        let service = FakeService()
        service.fill(350)
        let client = service.client()
        var query = QueryVectors(index: FakeService.target, topK: 230, queryVector: [0, 1, 2, 3])
        query.returnDistance = true
        let answer = try await client.allHits(query)
        #expect(answer.vectors.map(\.key) == (0..<230).map { "key-\($0)" })
        #expect(answer.nextToken == nil)
        #expect(service.requests.count == 3)
        #expect(client.meter.counts[.queryVectors]?.keyCount == 230)
        let page = #"{"vectors":[],"distanceMetric":"euclidean","nextToken":"same"}"#
        service.script([.body(page), .body(page)])
        await #expect(throws: S3VectorsError.self) { try await client.allHits(query) }
        // A token that is too old: the query is begun again.
        service.script([nil, .answer(400, type: "ValidationException")])
        service.state.withLock { $0.script[1] = .answer(400, type: "ValidationException") }
        await #expect(throws: S3VectorsError.self, "the message says nothing of a token") {
            try await client.allHits(query)
        }
    }

    /// What a listing saw.
    private final class Seen: Sendable {
        struct State {
            var keys: [String] = []
            var progress: [Int: S3VectorsClient.SegmentProgress] = [:]
            var pageCount = 0
        }
        let state = Mutex(State())
    }

    @Test("a listing in segments sees every key once, with as few pages as there can be", arguments: [1, 2, 5, 16])
    func segments(count: Int) async throws {
        let service = FakeService()
        service.fill(2500)
        service.state.withLock { $0.pageLimit = 100 }
        let client = service.client()
        var listing = S3VectorsClient.Listing(index: FakeService.target, returnsData: true, returnsMetadata: false)
        listing.segmentCount = count
        let seen = Seen()
        try await client.list(listing) { page in
            seen.state.withLock { seen in
                seen.keys += page.vectors.map(\.key)
                seen.progress[page.segment] = page.progress
                seen.pageCount += 1
            }
            #expect(page.vectors.allSatisfy { $0.data?.count == 4 && $0.metadata == nil })
        }
        let result = seen.state.withLock { $0 }
        #expect(result.keys.count == 2500 && Set(result.keys).count == 2500)
        #expect(result.progress.values.allSatisfy { $0 == .done } && result.progress.count == count)
        #expect(result.pageCount == service.requests.count)
        #expect(result.pageCount <= 25 + count)
        if count == 1 { #expect(!service.requests.contains { $0.bodyText.contains("segment") }) }
    }

    @Test("a listing that broke off goes on where it was", arguments: Seed.quick)
    func resumption(seed: UInt64) async throws {
        struct Broken: Error {}
        let service = FakeService()
        service.fill(1000)
        service.state.withLock { $0.pageLimit = 30 }
        let client = service.client()
        var listing = S3VectorsClient.Listing(index: FakeService.target, returnsData: false, returnsMetadata: false)
        listing.segmentCount = 4
        let seen = Seen()
        let counter = Counter()
        let breakAt = 5 + Int(seed % 20)
        await #expect(throws: Broken.self) {
            try await client.list(listing) { page in
                if counter.next() > breakAt { throw Broken() }
                seen.state.withLock { seen in
                    seen.keys += page.vectors.map(\.key)
                    seen.progress[page.segment] = page.progress
                }
            }
        }
        listing.resumed = (0..<4).map { segment in seen.state.withLock { $0.progress[segment] } ?? .notBegun }
        try await client.list(listing) { page in seen.state.withLock { $0.keys += page.vectors.map(\.key) } }
        let keys = seen.state.withLock { $0.keys }
        #expect(keys.count == 1000 && Set(keys).count == 1000, "MEMVEC_SEED=\(seed)")
    }

    @Test("through a service that fails one request in five, all that is written is there", arguments: Seed.quick)
    func faults(seed: UInt64) async throws {
        let service = FakeService()
        service.throwDice(0.2, seed: seed)
        let client = service.client()
        var dice = SplitMix64(seed: seed)
        var model: [String: [Float]] = [:]
        for _ in 0..<Seed.steps(60) {
            let keys = (0..<(1 + dice.below(40))).map { _ in "key-\(dice.below(300))" }
            if dice.below(3) > 0 {
                var batch: [String: [Float]] = [:]
                for key in keys { batch[key] = (0..<4).map { _ in dice.normal() } }
                let vectors = batch.map { PutVectors.Vector(key: $0.key, data: $0.value) }
                try await client.putAll(vectors, to: FakeService.target, requestLimit: 1)
                model.merge(batch) { $1 }
            } else {
                try await client.deleteAll(keys, from: FakeService.target, requestLimit: 1)
                for key in keys { model[key] = nil }
            }
            let wanted = (0..<50).map { _ in "key-\(dice.below(300))" }
            let found = try await client.getAll(
                wanted, of: FakeService.target, returnsData: true, returnsMetadata: false, requestLimit: 1, .bulk)
            let known = Dictionary(uniqueKeysWithValues: found.map { ($0.key, $0.data) })
            for key in wanted { #expect(known[key] == model[key].map { .some($0) }, "MEMVEC_SEED=\(seed)") }
        }
        #expect(service.vectors.mapValues(\.data) == model.mapValues { .some($0) }, "MEMVEC_SEED=\(seed)")
        #expect(client.meter.total.retryCount > 0)
    }
}
