import Testing
import Tiers
import Vectors

@testable import S3Vectors

@Suite("What it costs")
struct CostTests {
    /// Of 1,000 calls, as the service's price list works out (us-east-1, 2026-09-28).
    @Test(
        "queries cost what the price list says",
        arguments: [
            (5294.0, [0.0027, 0.0044, 0.0131, 0.0998, 0.273, 2.01]),
            (1843.0, [0.0026, 0.0032, 0.0062, 0.0362, 0.0963, 0.697]),
            (562.0, [0.0025, 0.0027, 0.0036, 0.0128, 0.0312, 0.215]),
        ])
    func queries(bytes: Double, expected: [Double]) {
        let prices = PriceTable()
        for (count, dollars) in zip([1e4, 1e5, 1e6, 1e7, 1e8, 1e9], expected) {
            let found = 1000 * prices.query(vectorCount: count, vectorBytes: bytes)
            #expect(abs(found - dollars) <= dollars * 0.03, "\(count): \(found)")
        }
    }

    @Test("AWS's own examples come out to the cent: 1,024 dimensions, 1 KB of filterable metadata, keys of 0.17 KB")
    func workedExamples() throws {
        let size = { ColdSize(vectorCount: $0, dimension: 1024, besideBytes: 1.17 * 1024) }
        func dollars(_ queries: Double, _ count: Double, without smaller: Double) throws -> Double {
            func one(_ count: Double) throws -> Double {
                try #require(PriceTable().query(size(count), count: 0, resultBytes: 0))
            }
            return (queries * (try one(count) - one(smaller)) * 100).rounded() / 100
        }
        // A million queries of an index of 250,000: its first 100,000 vectors, and the rest.
        #expect(try dollars(1e6, 100_000, without: 0) == 1.93)
        #expect(try dollars(1e6, 250_000, without: 100_000) == 1.44)
        // Ten million of an index of ten million: what lies above the first 100,000.
        #expect(try dollars(1e7, 10_000_000, without: 100_000) == 953.36)
        #expect(try #require(PriceTable().query(size(0), count: 0, resultBytes: 0)) * 1e6 == 2.5)
        let table = PriceTable()
        #expect(((table.storage(vectorCount: 1e7, vectorBytes: 6.17 * 1024)) * 100).rounded() / 100 == 3.53)
    }

    @Test("what another way costs is counted low, what was spent is counted high: a query of many pages")
    func pages() async throws {
        let service = FakeService()
        service.fill(250)
        let client = service.client()
        let meter = IndexMeter(client.meter, FakeService.target)
        let size = ColdSize(vectorCount: 1e6, dimension: 4, besideBytes: 10)
        meter.setSize(size)
        _ = try await client.allHits(QueryVectors(index: FakeService.target, topK: 250, queryVector: [1, 2, 3, 4]))
        let alone = try #require(meter.prices.query(size, count: 250, resultBytes: 20))
        #expect(abs(meter.bill.dollars - 3 * alone) < 1e-12)
        #expect(meter.prices.fetch(keyCount: 1) == meter.prices.fetch(keyCount: 100))
    }

    @Test("writes are billed by bytes, and as 128 KB at least; all else by the call")
    func writes() {
        let prices = PriceTable()
        #expect(abs(1e6 * prices.put(byteCount: 600) - 24.4) < 0.05)
        #expect(abs(prices.put(byteCount: 1 << 30) - 0.2) < 1e-12)
        #expect(abs(1000 * prices.request - 0.055) < 1e-12)
        #expect(abs(prices.storage(vectorCount: 1_048_576, vectorBytes: 1024) - 0.06) < 1e-12)
    }

    @Test("results beyond 512 KB are paid for, small ones as 256 bytes")
    func returned() {
        let prices = PriceTable()
        let free = prices.query(vectorCount: 0, vectorBytes: 0, resultBytes: Array(repeating: 1, count: 2048))
        #expect(free == prices.query)
        let paid = prices.query(vectorCount: 0, vectorBytes: 0, resultBytes: Array(repeating: 1, count: 2048 + 4096))
        #expect(abs(paid - prices.query - 0.01 / 1024) < 1e-12)
    }

    @Test("every operation is counted for itself, with what was sent, came back, and cost")
    func meter() async throws {
        let service = FakeService()
        let client = service.client()
        let data: [Float] = [1, 2, 3, 4]
        let metadata = JSONValue.object([.init("a", .string("b"))])
        _ = try await client.send(
            PutVectors(index: FakeService.target, vectors: [.init(key: "k", data: data, metadata: metadata)]))
        service.script([.answer(503, type: "X"), .transport(.timedOut), .transport(.unreachable(message: ""))])
        _ = try await client.send(GetVectors(index: FakeService.target, keys: ["k", "l"]))
        client.meter.setSize(of: "bucket/index", .init(vectorCount: 1e7, vectorBytes: 562))
        _ = try await client.send(QueryVectors(index: FakeService.target, topK: 1, queryVector: data))
        let counts = client.meter.counts
        let put = try #require(counts[.putVectors])
        #expect(put.requestCount == 1 && put.keyCount == 1 && put.receivedByteCount == 2)
        #expect(put.sentByteCount == service.requests[0].body.count)
        #expect(put.dollars == PriceTable().put(byteCount: 0))
        let get = try #require(counts[.getVectors])
        #expect(get.requestCount == 3 && get.failureCount == 2, "what was not sent is no request")
        #expect(get.retryCount == 2)
        #expect(abs(get.dollars - 2 * PriceTable().request) < 1e-15, "an answer that was lost is paid for, 503 is not")
        let query = try #require(counts[.queryVectors])
        #expect(abs(query.dollars - 0.0000128) < 0.0000002)
        let total = client.meter.total
        #expect(total.requestCount == 5 && abs(total.dollars - put.dollars - get.dollars - query.dollars) < 1e-15)
    }

    @Test("an index is one index, by name and by ARN")
    func names() {
        let arn = IndexTarget(arn: "arn:aws:s3vectors:us-east-1:111122223333:bucket/bucket/index/index")
        #expect(arn.name == FakeService.target.name)
        #expect(arn.name != IndexTarget(bucketName: "bucket", indexName: "other").name)
    }
}
