import Foundation
import S3Vectors
import Testing
import Vectors

@testable import Server

@Suite("requests of any kind")
struct RequestTests {
    @Test(
        "paths that are no operation",
        arguments: [
            ("POST", "/"), ("POST", "/Nothing"), ("GET", "/QueryVectors"), ("PUT", "/tags/x"),
            ("POST", "//QueryVectors"),
            ("POST", "/../QueryVectors"), ("OPTIONS", "*"), ("GET", "/tags/%"), ("BREW", "/health"),
        ])
    func unknown(_ method: String, _ path: String) async throws {
        let answer = await (try ServiceFixture()).service.call(Call(method: method, path: path))
        answer.expect("UnknownOperationException", 404, "There is no operation")
    }

    @Test("bodies up to 20 MiB")
    func bodySize() async throws {
        let fixture = try await ServiceFixture.withIndex()
        let start = #"{"vectorBucketName":"demo","indexName":"items","x":""#
        func call(_ count: Int) async -> Answer {
            let filling = String(repeating: "x", count: count - start.utf8.count - 2)
            return await fixture.call("GetIndex", start + filling + #""}"#)
        }
        try await call(20_971_520).expectFine()
        await call(20_971_521).expectInvalid("Request body exceeds max allowed size")
        var large = Call(method: "POST", path: "/GetIndex")
        large.isTooLarge = true
        await fixture.service.call(large).expectInvalid("Request body exceeds max allowed size")
    }

    @Test(
        "bodies that are no JSON object",
        arguments: [
            "[", "null", "[]", "{", #"{"a":}"#, #"{"a":"\ud800"}"#, "\u{1}", #"{"a":1}x"#,
            String(repeating: "[", count: 100_000), #"{"a":\#(String(repeating: "[", count: 100_000))"#,
        ])
    func notJSON(_ body: String) async throws {
        await (try ServiceFixture()).call("GetIndex", body).expect("SerializationException", 400, "UnknownError")
    }

    @Test("health, readiness, metrics")
    func plain() async throws {
        let fixture = try await ServiceFixture.withIndex()
        let service = fixture.service
        _ = await fixture.onItems("GetIndex")
        _ = await service.call(Call(method: "POST", path: "/no/such"))
        #expect(await service.respond(to: Call(method: "GET", path: "/ready")).status == 200)
        service.announceStop()
        #expect(await service.respond(to: Call(method: "GET", path: "/ready")).status == 503)
        #expect(await service.respond(to: Call(method: "GET", path: "/health")).status == 200)
        let metrics = await service.respond(to: Call(method: "GET", path: "/metrics"))
        let text = String(decoding: metrics.body, as: UTF8.self)
        #expect(metrics["content-type"]?.hasPrefix("text/plain") == true)
        #expect(text.contains(#"memvec_requests_total{operation="GetIndex",status="2xx"} 1"#))
        #expect(text.contains(#"memvec_requests_total{operation="unknown",status="4xx"} 1"#))
        #expect(text.contains(#"memvec_request_seconds_bucket{operation="GetIndex",le="+Inf"} 1"#))
        #expect(!text.contains("/no/such"))
    }

    /// Requests that were once good, with bytes changed, cut, doubled.
    @Test("mutated requests are answered by 200 or an error of the caller's", arguments: Seed.quick)
    func mutations(_ seed: UInt64) async throws {
        let fixture = try await ServiceFixture.withIndex()
        try await fixture.put(#"{"key":"a","data":{"float32":[1,2]},"metadata":{"x":1}}"#).expectFine()
        var random = SeededNumbers(seed)
        let index = #""vectorBucketName":"demo","indexName":"items""#
        let texts: [(String, String)] = [
            ("PutVectors", #"{\#(index),"vectors":[{"key":"b","data":{"float32":[1,2.5]},"metadata":{"x":["y"]}}]}"#),
            ("QueryVectors", #"{\#(index),"topK":2,"queryVector":{"float32":[1,2]},"filter":{"x":{"$in":[1,2]}}}"#),
            ("GetVectors", #"{\#(index),"keys":["a","b"],"returnData":true}"#),
            ("ListVectors", #"{\#(index),"maxResults":2,"segmentCount":2,"segmentIndex":1}"#),
            ("DeleteVectors", #"{\#(index),"keys":["a","b"]}"#), ("GetIndex", "{\(index)}"),
            ("ListIndexes", #"{"vectorBucketName":"demo","prefix":"it"}"#),
        ]
        for step in 0..<Seed.steps(300) {
            let (operation, text) = texts[random.below(texts.count)]
            var body = Array(text.utf8)
            for _ in 0...random.below(4) where !body.isEmpty {
                let at = random.below(body.count)
                switch random.below(4) {
                case 0: body[at] = UInt8(random.below(256))
                case 1: body.removeSubrange(at..<min(body.count, at + 1 + random.below(9)))
                case 2: body.insert(contentsOf: body[at..<min(body.count, at + 1 + random.below(20))], at: at)
                default:
                    body.insert(
                        contentsOf: Array(#"\ud8001e999-0{[",:"#.utf8).dropFirst(random.below(12)).prefix(6), at: at)
                }
            }
            let answer = await fixture.service.call(Call(method: "POST", path: "/" + operation, body: body))
            #expect(
                answer.status < 500, "seed \(seed), step \(step): \(operation) \(String(decoding: body, as: UTF8.self))"
            )
        }
        try await fixture.onItems("ListVectors").expectFine()
    }
}

/// Seeds of random tests: `MEMVEC_SEED` repeats one seed, `MEMVEC_STEPS` sets the steps.
enum Seed {
    private static let environment = ProcessInfo.processInfo.environment

    static var quick: [UInt64] { environment["MEMVEC_SEED"].flatMap { UInt64($0) }.map { [$0] } ?? [1, 2, 3] }
    static func steps(_ usual: Int) -> Int { environment["MEMVEC_STEPS"].flatMap { Int($0) } ?? usual }
}

struct SeededNumbers {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }
}
