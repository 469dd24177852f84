import Testing
import Tiers

@testable import S3Vectors

@Suite("Writes are paced")
struct WritePacerTests {
    /// Sends as fast as the pacer lets, and gives the seconds that takes.
    private func seconds(_ pacer: WritePacer, _ requests: Int, of count: Int, index: String = "i") -> Double {
        var now = Duration.seconds(50)
        for _ in 0..<requests { now += pacer.reserve(index, count: count, now: now) }
        return now.inSeconds - 50
    }

    @Test("2,500 vectors a second, after a burst of 500")
    func vectors() {
        let pacer = WritePacer()
        #expect(abs(seconds(pacer, 20, of: 500) - (10_000.0 - 500) / 2500) < 0.01)
        #expect(pacer.reserve("other", count: 500, now: .seconds(50)) == .zero, "each index has its own rate")
    }

    @Test("1,000 requests a second, however small")
    func requests() {
        #expect(abs(seconds(WritePacer(), 3000, of: 1) - (3000.0 - 200) / 1000) < 0.01)
    }

    @Test("many who ask at once are spread over the time it takes")
    func together() {
        let pacer = WritePacer()
        let waits = (0..<10).map { _ in pacer.reserve("i", count: 500, now: .zero).inSeconds }
        for (position, wait) in waits.enumerated() { #expect(abs(wait - Double(position) * 0.2) < 1e-9) }
    }

    @Test("refusals slow an index down, once for all that were under way; successes bring it back")
    func refusals() {
        let pacer = WritePacer()
        for _ in 0..<8 { pacer.refused("i", now: .seconds(1)) }
        #expect(abs(pacer.share(of: "i") - 0.7) < 1e-9)
        #expect(abs(seconds(pacer, 10, of: 500) - (5000.0 / (2500 * 0.7) - 0.2)) < 0.01)
        for step in 2..<100 { pacer.refused("i", now: .seconds(step)) }
        #expect(abs(pacer.share(of: "i") - 0.05) < 1e-9)
        for _ in 0..<200 { pacer.accepted("i") }
        #expect(pacer.share(of: "i") == 1)
        #expect(pacer.share(of: "other") == 1)
    }

    @Test("the client waits for the rate, and gives up when that would be too late")
    func client() async throws {
        let service = FakeService()
        let client = service.client()
        let vectors = (0..<5000).map { PutVectors.Vector(key: "k\($0)", data: [1, 2, 3, 4]) }
        try await client.putAll(vectors, to: FakeService.target, requestLimit: 1)
        #expect(abs(service.clock.now.inSeconds - 1.8) < 0.01)
        let put = PutVectors(index: FakeService.target, vectors: Array(vectors.prefix(500)))
        await #expect(throws: S3VectorsError.deadlineExceeded(last: nil)) {
            try await client.send(put, Patience(timeout: .seconds(1), total: .milliseconds(100), attemptLimit: 1))
        }
        service.script([.answer(429, type: "TooManyRequestsException")])
        _ = try await client.send(put)
        #expect(client.parts.pacer.share(of: "bucket/index") < 0.75)
        #expect(client.meter.counts[.putVectors]?.throttledCount == 1)
    }
}
