import S3Vectors
import Testing
import Vectors

@testable import Server

@Suite("indexes")
struct IndexTests {
    static let arn = "arn:aws:s3vectors:us-east-1:123456789012:bucket/demo/index/items"

    @Test("an index lives and dies, and everything about it is given back")
    func life() async throws {
        let fixture = try ServiceFixture()
        try await fixture.call("CreateVectorBucket", #"{"vectorBucketName":"demo"}"#).expectFine()
        let body =
            #"{"vectorBucketName":"demo","indexName":"items","dataType":"float32","dimension":3,"#
            + #""distanceMetric":"cosine","metadataConfiguration":{"nonFilterableMetadataKeys":["text"],"#
            + #""textSearchConfigurations":[{"metadataKey":"text"}]}}"#
        let made = await fixture.call("CreateIndex", body)
        #expect(made.text("indexArn") == Self.arn)
        await fixture.call("CreateIndex", body)
            .expect("ConflictException", 409, "An index with the specified name already exists")
        let expected =
            #"{"index":{"vectorBucketName":"demo","indexName":"items","indexArn":"\#(Self.arn)","#
            + #""creationTime":1767323045,"dataType":"float32","dimension":3,"distanceMetric":"cosine","#
            + #""metadataConfiguration":{"nonFilterableMetadataKeys":["text"],"textSearchConfigurations":"#
            + #"[{"metadataKey":"text","status":"ACTIVE"}]},"#
            + #""encryptionConfiguration":{"sseType":"AES256"},"indexMode":"ENHANCED"}}"#
        for body in [#"{"vectorBucketName":"demo","indexName":"items"}"#, #"{"indexArn":"\#(Self.arn)"}"#] {
            #expect(await fixture.call("GetIndex", body).body.text == expected)
        }
        let listed = await fixture.call("ListIndexes", #"{"vectorBucketName":"demo"}"#)
        #expect(listed.list("indexes").map { $0["indexName"]?.text } == [#""items""#])
        try await fixture.onItems("DeleteIndex").expectFine()
        for operation in ["DeleteIndex", "GetIndex", "ListVectors"] {
            await fixture.onItems(operation)
                .expect("NotFoundException", 404, "The specified index could not be found")
        }
    }

    @Test(
        "what an index cannot be",
        arguments: [
            (#""dimension":0"#, "/dimension", "Member must be between 1 and 4096, inclusive"),
            (#""dimension":4097"#, "/dimension", "Member must be between 1 and 4096, inclusive"),
            (#""dataType":"int8""#, "/dataType", "Member must satisfy enum value set: [float32]"),
            (#""distanceMetric":"dot""#, "/distanceMetric", "Member must satisfy enum value set: [euclidean, cosine]"),
            (#""dimension":null"#, "/dimension", "Member must not be null"),
        ])
    func constraints(_ member: String, _ path: String, _ constraint: String) async throws {
        let fixture = try ServiceFixture()
        let usual =
            #""vectorBucketName":"demo","indexName":"items","dataType":"float32","dimension":4,"#
            + #""distanceMetric":"cosine""#
        await fixture.call("CreateIndex", "{\(usual),\(member)}").expectInvalid(
            "1 validation error detected. Value at '\(path)' failed to satisfy constraint: \(constraint)", [path])
    }

    @Test("dimensions at the edge", arguments: [1, 4096])
    func dimensions(_ dimension: Int) async throws {
        let fixture = try await ServiceFixture.withIndex(dimension: dimension)
        let values = (0..<dimension).map { "\($0)" }.joined(separator: ",")
        try await fixture.put(#"{"key":"a","data":{"float32":[\#(values)]}}"#).expectFine()
        #expect(await fixture.onItems("GetVectors", #""keys":["a"],"returnData":true"#).keys == ["a"])
    }

    @Test("non-filterable keys have limits", arguments: [(10, 63, true), (11, 1, false), (1, 64, false), (0, 0, true)])
    func nonFilterable(_ count: Int, _ length: Int, _ isFine: Bool) async throws {
        let fixture = try ServiceFixture()
        try await fixture.call("CreateVectorBucket", #"{"vectorBucketName":"demo"}"#).expectFine()
        let keys = (0..<count).map { number in
            "\"\(String(repeating: "k", count: max(0, length - 1)))\(number % 10)\""
        }
        let body =
            #"{"vectorBucketName":"demo","indexName":"items","dataType":"float32","dimension":4,"#
            + #""distanceMetric":"cosine","metadataConfiguration":{"nonFilterableMetadataKeys":"#
            + "[\(keys.joined(separator: ","))]}}"
        let made = await fixture.call("CreateIndex", body)
        if isFine {
            try made.expectFine()
        } else {
            made.expectInvalid("1 validation error detected. Value with length")
        }
    }

    @Test("an index is named in one way; a client that mixes both is told")
    func targets() async throws {
        let fixture = try await ServiceFixture.withIndex()
        let text = "Must specify either indexArn or both vectorBucketName and indexName"
        for body in [
            "{}", #"{"indexName":"items"}"#, #"{"vectorBucketName":"demo"}"#,
            #"{"vectorBucketName":"demo","indexArn":"\#(Self.arn)"}"#,
            #"{"vectorBucketName":"demo","indexName":"items","indexArn":"\#(Self.arn)"}"#,
        ] { await fixture.call("GetIndex", body).expectInvalid(text) }
        // Region and account of an ARN do not matter here.
        let foreign = "arn:aws:s3vectors:eu-west-1:000000000000:bucket/demo/index/items"
        try await fixture.call("GetIndex", #"{"indexArn":"\#(foreign)"}"#).expectFine()
        await fixture.call("GetIndex", #"{"indexArn":"arn:aws:s3vectors:us-east-1:123456789012:bucket/demo"}"#)
            .expectInvalid("1 validation error detected. Value at '/indexArn'", ["/indexArn"])
        await fixture.call("GetIndex", #"{"vectorBucketName":"none","indexName":"items"}"#)
            .expect("NotFoundException", 404, "The specified index could not be found")
        await fixture.call("GetIndex", #"{"vectorBucketName":"demo","indexName":"../demo"}"#)
            .expectInvalid("Invalid index name")
    }

    @Test("an index needs its bucket, and a name that is no file of the bucket's")
    func names() async throws {
        let fixture = try ServiceFixture()
        func make(_ name: String) async -> Answer {
            await fixture.call(
                "CreateIndex",
                #"{"vectorBucketName":"demo","indexName":"\#(name)","dataType":"float32","dimension":4,"#
                    + #""distanceMetric":"cosine"}"#)
        }
        await make("items").expect("NotFoundException", 404, "The specified vector bucket could not be found")
        try await fixture.call("CreateVectorBucket", #"{"vectorBucketName":"demo"}"#).expectFine()
        try await make("a.b-c").expectFine()
        await make("bucket.json").expectInvalid("Invalid index name")
        await make("Items").expectInvalid("Invalid index name")
    }

    @Test("modes are kept, text configurations change")
    func settings() async throws {
        let fixture = try await ServiceFixture.withIndex()
        try await fixture.onItems("UpdateIndexMode", #""indexMode":"ENHANCED""#).expectFine()
        await fixture.onItems("UpdateIndexMode", #""indexMode":"CLASSIC""#)
            .expectInvalid("indexMode cannot become CLASSIC", ["indexMode"])
        func texts(_ change: String, _ keys: String...) async -> Answer {
            let list = keys.map { #"{"metadataKey":"\#($0)"}"# }.joined(separator: ",")
            return await fixture.onItems(
                "UpdateMetadataConfiguration", #""\#(change)":{"textSearchConfigurations":[\#(list)]}"#)
        }
        #expect(await texts("add", "title", "body").text("indexArn") == Self.arn)
        await texts("add", "title").expect("ConflictException", 409, "Text search is configured already")
        await texts("add", "x", "x").expectInvalid("Request must not contain duplicate keys")
        await texts("delete", "none").expectInvalid("Text search is not configured")
        try await texts("delete", "title").expectFine()
        await texts("add", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j")
            .expectInvalid("At most 10 metadata keys")
        await fixture.onItems("UpdateMetadataConfiguration").expectInvalid("Must specify either add or delete")
        try await fixture.onItems("UpdateMetadataConfiguration", #""add":{}"#).expectFine()
        let found = await fixture.onItems("GetIndex")
        #expect(
            found.body["index"]?["metadataConfiguration"]?.text
                == #"{"textSearchConfigurations":[{"metadataKey":"body","status":"ACTIVE"}]}"#)
    }
}
