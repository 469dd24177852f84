import Testing
import Tiers
import Vectors
import Workload

@testable import S3Vectors

@Suite("S3 Vectors as the cold store")
struct S3VectorsColdStoreTests {
    private let time = Duration.seconds(10)

    private func store(_ service: FakeService) -> S3VectorsColdStore {
        S3VectorsColdStore(service.client(), FakeService.target)
    }

    private func failure<R>(_ body: () async throws(ColdError) -> R) async -> ColdError? {
        do throws(ColdError) {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test("it does what a store in memory does", arguments: Seed.quick)
    func model(seed: UInt64) async throws {
        let service = FakeService()
        let store = store(service)
        let memory = MemoryColdStore(try await store.describe(timeout: time))
        var dice = SplitMix64(seed: seed)
        func keys(_ count: Int) throws -> [VectorKey] {
            let order = dice.permutation(60)
            return try order.prefix(1 + dice.below(count)).map { try VectorKey("key é \($0)") }
        }
        for _ in 0..<Seed.steps(100) {
            switch dice.below(4) {
            case 0:
                let vectors = try keys(20).map { key in
                    let json = dice.below(3) == 0 ? "{}" : #"{"n":\#(dice.below(9)),"t":["a","b"]}"#
                    return ColdVector(
                        key: key, values: (0..<4).map { _ in dice.normal() }, metadata: try Metadata(json: json))
                }
                try await store.put(vectors, timeout: time)
                try await memory.put(vectors, timeout: time)
            case 1:
                let keys = try keys(5)
                try await store.delete(keys, timeout: time)
                try await memory.delete(keys, timeout: time)
            case 2:
                let keys = try keys(40)
                let parts = ColdParts(rawValue: UInt8(dice.below(4)))
                let found = try await store.fetch(keys, parts, timeout: time)
                let expected = try await memory.fetch(keys, parts, timeout: time)
                #expect(
                    found.sorted { $0.key < $1.key } == expected.sorted { $0.key < $1.key }, "MEMVEC_SEED=\(seed)")
            default:
                var query = ColdQuery(values: (0..<4).map { _ in dice.normal() }, count: 1 + dice.below(9))
                query.wantsMetadata = dice.below(2) == 0
                let hits = try #require(try await store.query(query, timeout: time))
                let expected = try #require(try await memory.query(query, timeout: time))
                #expect(hits.map(\.key) == expected.map(\.key), "MEMVEC_SEED=\(seed)")
                #expect(hits.map(\.metadata) == expected.map(\.metadata))
                #expect(zip(hits, expected).allSatisfy { abs($0.distance - $1.distance) < 1e-5 })
            }
        }
        var listed: [ColdVector] = []
        for index in 0..<3 {
            var request = ColdListRequest([.values, .metadata], limit: 7, segment: .init(index: index, of: 3))
            repeat {
                let page = try await store.list(request, timeout: time)
                listed += page.vectors
                request.token = page.nextToken
            } while request.token != nil
        }
        let all = try await memory.list(ColdListRequest([.values, .metadata], limit: 1000), timeout: time).vectors
        #expect(listed.sorted { $0.key < $1.key } == all, "MEMVEC_SEED=\(seed)")
    }

    @Test("it says what the index is")
    func description() async throws {
        let description = try await store(FakeService()).describe(timeout: time)
        #expect(
            description
                == ColdDescription(dimension: 4, metric: .euclidean, nonFilterableKeys: ["text"], creationTime: 12.5))
    }

    @Test("it tries once, and says how the call ended")
    func errors() async throws {
        let service = FakeService()
        let store = store(service)
        let key = try VectorKey("k")
        func end(_ fault: FakeService.Fault) async -> ColdError? {
            service.script([fault])
            return await failure { () async throws(ColdError) in
                try await store.fetch([key], .values, timeout: time)
            }
        }
        let wish = [HTTPHeader("x-amz-retry-after", "40")]
        #expect(
            await end(.answer(429, type: "TooManyRequestsException", headers: wish))
                == .throttled(pause: .milliseconds(40)))
        guard case .unavailable(503, _)? = await end(.answer(503, type: "ServiceUnavailableException")) else {
            Issue.record("503")
            return
        }
        #expect(
            await end(.answer(404, type: "NotFoundException"))
                == .refused(status: 404, code: "NotFoundException", message: "scripted"))
        #expect(await end(.transport(.timedOut)) == .timedOut)
        #expect(await end(.transport(.unreachable(message: "x"))) == .unreachable(message: "x"))
        #expect(await end(.transport(.garbled(message: "x"))) == .connectionLost(message: "x"))
        #expect(await end(.body("<html>"))?.code == "connection_lost")
        #expect(await end(.body("{}"))?.code == "strange_answer")
        #expect(await end(.body(#"{"vectors":[{"key":"k"}]}"#))?.code == "strange_answer", "no values")
        #expect(
            await end(.body(#"{"vectors":[{"key":"k","data":{"float32":["NaN"]}}]}"#))?.code == "strange_answer")
        #expect(await end(.body(#"{"vectors":[{"key":"","data":{"float32":[1]}}]}"#))?.code == "strange_answer")
        #expect(service.requests.count == 11, "each call once")
    }

    @Test("metadata that breaks the rules loses what breaks them, and is counted")
    func foreignMetadata() async throws {
        let service = FakeService()
        let store = store(service)
        service.script([.body(#"{"vectors":[{"key":"k","metadata":{"a":1,"b":{"c":2},"d":null,"e":"x"}}]}"#)])
        let found = try await store.fetch([VectorKey("k")], .metadata, timeout: time)
        #expect(found.first?.metadata == (try Metadata(json: #"{"a":1,"e":"x"}"#)))
        #expect(store.strangeMetadataCount == 1)
    }

    @Test("vectors that are larger together than a request go in several")
    func largePut() async throws {
        let service = FakeService()
        let store = store(service)
        // 14 bytes a number and 4,096 numbers: 500 take 28 MB.
        let values = (0..<4096).map { Float($0) * 1.234_567e-5 - 3 }
        let vectors = try (0..<500).map { ColdVector(key: try VectorKey("k\($0)"), values: values) }
        try await store.put(vectors, timeout: .seconds(600))
        #expect(service.vectors.count == 500)
        let sizes = service.requests.map(\.body.count)
        #expect(sizes.count == 2 && sizes.allSatisfy { $0 <= Limits.bodyBytes }, "\(sizes)")
        service.script([nil, .answer(400, type: "ValidationException")])
        let partly = await failure { () async throws(ColdError) in
            try await store.put(vectors, timeout: .seconds(600))
        }
        #expect(partly?.code == "strange_answer" && partly?.mayHaveApplied == true, "some were written")
        service.script([.answer(400, type: "ValidationException")])
        let first = await failure { () async throws(ColdError) in try await store.put(vectors, timeout: .seconds(600)) }
        #expect(first?.code == "refused", "none was written")
        service.script([nil, .answer(429, type: "TooManyRequestsException")])
        let throttled = await failure { () async throws(ColdError) in
            try await store.put(vectors, timeout: .seconds(600))
        }
        #expect(throttled?.isRetryable == true && throttled?.mayHaveApplied == true)
    }
}
