import S3Vectors
import Testing
import Vectors

@testable import Server

@Suite("tags")
struct TagTests {
    static let bucket = "arn:aws:s3vectors:us-east-1:123456789012:bucket/demo"

    private func tags(_ method: String, _ arn: String, _ query: String = "", _ body: String = "") -> Call {
        Call(method: method, path: "/tags/" + PercentCoding.encoded(arn), query: query, body: Array(body.utf8))
    }

    @Test("of a bucket and of an index", arguments: [bucket, bucket + "/index/items"])
    func life(_ arn: String) async throws {
        let fixture = try await ServiceFixture.withIndex()
        let service = fixture.service
        #expect(await service.call(tags("GET", arn)).body.text == #"{"tags":{}}"#)
        try await service.call(tags("POST", arn, "", #"{"tags":{"k 1":"v/1","b":"","ü":"x"}}"#)).expectFine()
        try await service.call(tags("POST", arn, "", #"{"tags":{"b":"2"}}"#)).expectFine()
        #expect(await service.call(tags("GET", arn)).body.text == #"{"tags":{"b":"2","k 1":"v/1","ü":"x"}}"#)
        #expect(await service.call(tags("DELETE", arn, "tagKeys=k%201&tagKeys=none")).body.text == "{}")
        #expect(await service.call(tags("GET", arn)).body.text == #"{"tags":{"b":"2","ü":"x"}}"#)
    }

    @Test(
        "keys that only Unicode's equivalence makes the same are two, and stay two",
        arguments: [bucket, bucket + "/index/items"])
    func twins(_ arn: String) async throws {
        let fixture = try await ServiceFixture.withIndex()
        let service = fixture.service
        try await service.call(tags("POST", arn, "", #"{"tags":{"\u03a9":"letter","\u2126":"sign"}}"#)).expectFine()
        func kept() async -> [UInt8] { Array(await service.call(tags("GET", arn)).body.text.utf8) }
        #expect(await kept() == Array("{\"tags\":{\"\u{3A9}\":\"letter\",\"\u{2126}\":\"sign\"}}".utf8))
        try await service.call(tags("POST", arn, "", #"{"tags":{"\u2126":"unit"}}"#)).expectFine()
        #expect(await kept() == Array("{\"tags\":{\"\u{3A9}\":\"letter\",\"\u{2126}\":\"unit\"}}".utf8))
        try await service.call(tags("DELETE", arn, "tagKeys=%CE%A9")).expectFine()
        #expect(await kept() == Array("{\"tags\":{\"\u{2126}\":\"unit\"}}".utf8))
    }

    @Test(
        "what is refused",
        arguments: [
            (#"{"aws:x":"1"}"#, "System tags cannot be added/updated by requester"),
            (#"{"a":"<"}"#, "1 validation error detected. Value at '/tags/a'"),
            (#"{"":"1"}"#, "1 validation error detected. Value with length 0"),
            (#"{"\#(String(repeating: "k", count: 129))":"1"}"#, "1 validation error detected. Value with length 129"),
            (#"{"a":"\#(String(repeating: "v", count: 257))"}"#, "1 validation error detected. Value with length 257"),
            (#"{"a":7}"#, "1 validation error detected. Value at '/tags/a'"), ("null", "1 validation error detected."),
        ])
    func refused(_ text: String, _ message: String) async throws {
        let fixture = try await ServiceFixture.withIndex()
        await fixture.service.call(tags("POST", Self.bucket, "", #"{"tags":\#(text)}"#)).expectInvalid(message)
    }

    @Test("50 are possible, together with those that are there")
    func limit() async throws {
        let fixture = try await ServiceFixture.withIndex()
        let fifty = (0..<50).map { "\"k\($0)\":\"\"" }.joined(separator: ",")
        try await fixture.service.call(tags("POST", Self.bucket, "", "{\"tags\":{\(fifty)}}")).expectFine()
        await fixture.service.call(tags("POST", Self.bucket, "", #"{"tags":{"more":""}}"#))
            .expectInvalid("Too many tags specified")
        try await fixture.service.call(tags("POST", Self.bucket, "", #"{"tags":{"k0":"new"}}"#)).expectFine()
        let made = await fixture.call(
            "CreateVectorBucket", "{\"vectorBucketName\":\"other\",\"tags\":{\(fifty),\"x\":\"\"}}")
        made.expectInvalid("Too many tags specified")
    }

    @Test("resources that are not there, or are none")
    func resources() async throws {
        let fixture = try await ServiceFixture.withIndex()
        let service = fixture.service
        await service.call(tags("GET", Self.bucket + "s"))
            .expect("NotFoundException", 404, "The specified vector bucket could not be found")
        await service.call(tags("GET", Self.bucket + "/index/none"))
            .expect("NotFoundException", 404, "The specified index could not be found")
        await service.call(tags("GET", "demo")).expectInvalid("1 validation error detected. Value at '/resourceArn'")
        await service.call(tags("DELETE", Self.bucket)).expectInvalid(
            "1 validation error detected. Value at '/tagKeys'")
        await service.call(tags("DELETE", Self.bucket, "tagKeys=fine&tagKeys=%2A")).expectInvalid(
            "1 validation error detected. Value at '/tagKeys'")
        await service.call(tags("DELETE", Self.bucket, "tagKeys=")).expectInvalid(
            "1 validation error detected. Value with length 0 at '/tagKeys'")
    }
}
