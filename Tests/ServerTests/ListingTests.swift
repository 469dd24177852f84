import S3Vectors
import Testing
import Vectors

@testable import Server

@Suite("listing vectors")
struct ListingTests {
    private func all(_ fixture: ServiceFixture, _ members: String) async throws -> (keys: [String], pages: Int) {
        var keys: [String] = [], pages = 0, token: String?
        repeat {
            let page = await fixture.onItems("ListVectors", members + (token.map { #","nextToken":"\#($0)""# } ?? ""))
            try page.expectFine()
            keys += page.keys
            pages += 1
            let next = page.text("nextToken")
            #expect(next == nil || next != token)
            token = next
        } while token != nil
        return (keys, pages)
    }

    @Test("every key once, in pages and segments of all numbers")
    func partition() async throws {
        let fixture = try await ServiceFixture.withIndex()
        let expected = (0..<499).map { "key-\($0)" }
        let vectors = expected.map { #"{"key":"\#($0)","data":{"float32":[1,2]}}"# }
        try await fixture.put(vectors.joined(separator: ",")).expectFine()
        let whole = try await all(fixture, #""maxResults":100"#)
        #expect(whole.keys.sorted() == expected.sorted())
        #expect(whole.pages == 5)
        for count in 1...16 {
            var keys: [String] = []
            for index in 0..<count {
                let part = try await all(fixture, #""segmentCount":\#(count),"segmentIndex":\#(index),"maxResults":23"#)
                keys += part.keys
            }
            #expect(keys == whole.keys, "\(count) segments")
        }
    }

    @Test("a page ends at a mebibyte of what was asked for")
    func pageBytes() async throws {
        let fixture = try await ServiceFixture.withIndex(dimension: 1024)
        let values = (0..<1024).map { "\($0)" }.joined(separator: ",")
        let vectors = (0..<300).map { #"{"key":"k\#($0)","data":{"float32":[\#(values)]}}"# }
        try await fixture.put(vectors.joined(separator: ",")).expectFine()
        let page = await fixture.onItems("ListVectors", #""returnData":true,"maxResults":1000"#)
        // 4,096 bytes of values and a key of 2 to 4 each.
        #expect((255...257).contains(page.keys.count))
        #expect(page.text("nextToken") != nil)
        #expect(try await all(fixture, #""returnData":true"#).keys.count == 300)
        #expect(await fixture.onItems("ListVectors", #""maxResults":1000"#).keys.count == 300)
    }

    @Test("metadata and data as asked for")
    func flags() async throws {
        let fixture = try await ServiceFixture.withIndex()
        try await fixture.put(#"{"key":"a","data":{"float32":[1,2]},"metadata":{"n":1}}"#).expectFine()
        #expect(await fixture.onItems("ListVectors").body.text == #"{"vectors":[{"key":"a"}]}"#)
        #expect(
            await fixture.onItems("ListVectors", #""returnData":true,"returnMetadata":true"#).body.text
                == #"{"vectors":[{"key":"a","data":{"float32":[1,2]},"metadata":{"n":1}}]}"#)
    }

    @Test(
        "what is refused",
        arguments: [
            (#""maxResults":0"#, "1 validation error"), (#""maxResults":1001"#, "1 validation error"),
            (#""segmentCount":17,"segmentIndex":0"#, "1 validation error"),
            (#""segmentCount":16,"segmentIndex":16"#, "1 validation error"),
            (#""segmentCount":2"#, "Must specify both segmentCount and segmentIndex"),
            (#""segmentIndex":0"#, "Must specify both segmentCount and segmentIndex"),
            (#""segmentCount":2,"segmentIndex":2"#, "segmentIndex must be less than segmentCount"),
            (#""nextToken":"x""#, "Invalid nextToken"),
            (#""nextToken":"0.2.00000000000000000000000000000000""#, "Invalid"),
            (#""nextToken":"0.1.0g000000000000000000000000000000""#, "Invalid nextToken"),
            (#""nextToken":"0.1.00""#, "Invalid nextToken"), (#""nextToken":"""#, "1 validation error"),
        ])
    func refused(_ members: String, _ message: String) async throws {
        let fixture = try await ServiceFixture.withIndex()
        await fixture.onItems("ListVectors", members).expectInvalid(message)
        let last = #""nextToken":"0.1.\#(String(repeating: "f", count: 32))""#
        #expect(await fixture.onItems("ListVectors", last).body.text == #"{"vectors":[]}"#)
    }
}
