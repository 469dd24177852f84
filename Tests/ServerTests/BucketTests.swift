import S3Vectors
import Testing
import Vectors

@testable import Server

@Suite("buckets")
struct BucketTests {
    private static let kmsKey = "arn:aws:kms:us-east-1:123456789012:key/k"

    @Test("a bucket lives and dies, and everything about it is given back")
    func life() async throws {
        let fixture = try ServiceFixture()
        let made = await fixture.call(
            "CreateVectorBucket",
            #"{"vectorBucketName":"demo","encryptionConfiguration":{"sseType":"aws:kms","#
                + #""kmsKeyArn":"\#(Self.kmsKey)"}}"#
        )
        let arn = "arn:aws:s3vectors:us-east-1:123456789012:bucket/demo"
        #expect(made.text("vectorBucketArn") == arn)
        #expect(made.reply["content-type"] == "application/json")
        #expect(made.reply["x-amzn-requestid"]?.count == 36)
        let again = await fixture.call("CreateVectorBucket", #"{"vectorBucketName":"demo"}"#)
        again.expect("ConflictException", 409, "A vector bucket with the specified name already exists")
        for body in [#"{"vectorBucketName":"demo"}"#, #"{"vectorBucketArn":"\#(arn)"}"#] {
            let found = await fixture.call("GetVectorBucket", body)
            #expect(
                found.body.text == #"{"vectorBucket":{"vectorBucketName":"demo","vectorBucketArn":"\#(arn)","#
                    + #""creationTime":1767323045,"encryptionConfiguration":{"sseType":"aws:kms","#
                    + #""kmsKeyArn":"\#(Self.kmsKey)"},"defaultIndexMode":"ENHANCED"}}"#)
        }
        let gone = await fixture.call("DeleteVectorBucket", #"{"vectorBucketName":"demo"}"#)
        #expect(gone.body.text == "{}")
        for operation in ["GetVectorBucket", "DeleteVectorBucket", "ListIndexes", "GetVectorBucketPolicy"] {
            await fixture.call(operation, #"{"vectorBucketName":"demo"}"#)
                .expect("NotFoundException", 404, "The specified vector bucket could not be found")
        }
    }

    @Test(
        "names",
        arguments: [
            ("abc", true), ("a-1", true), (String(repeating: "a", count: 63), true), ("aBc", false), ("a.c", false),
            ("-ab", false), ("ab_", false), ("a/c", false), ("..a", false),
        ])
    func names(_ name: String, _ isFine: Bool) async throws {
        let fixture = try ServiceFixture()
        let made = await fixture.call("CreateVectorBucket", #"{"vectorBucketName":"\#(name)"}"#)
        if isFine { try made.expectFine() } else { made.expectInvalid("Invalid vector bucket name") }
    }

    @Test("lengths of names are the model's", arguments: ["ab", String(repeating: "a", count: 64)])
    func nameLength(_ name: String) async throws {
        let made = await (try ServiceFixture()).call("CreateVectorBucket", #"{"vectorBucketName":"\#(name)"}"#)
        made.expectInvalid(
            "1 validation error detected. Value with length \(name.count) at '/vectorBucketName' failed to satisfy "
                + "constraint: Member must have length between 3 and 63, inclusive", ["/vectorBucketName"])
    }

    @Test("a bucket is named in one way")
    func targets() async throws {
        let fixture = try await ServiceFixture.withIndex()
        let text = "Must specify either vectorBucketName or vectorBucketArn but not both"
        let arn = "arn:aws:s3vectors:us-east-1:123456789012:bucket/demo"
        await fixture.call("GetVectorBucket", "{}").expectInvalid(text)
        await fixture.call("GetVectorBucket", #"{"vectorBucketName":"demo","vectorBucketArn":"\#(arn)"}"#)
            .expectInvalid(text)
        for wrong in ["demo", arn + "/index/items", "arn:aws:s3:::demo"] {
            await fixture.call("GetVectorBucket", #"{"vectorBucketArn":"\#(wrong)"}"#).expectInvalid(
                "1 validation error detected. Value at '/vectorBucketArn' failed to satisfy constraint: "
                    + "Member must satisfy regular expression pattern: ", ["/vectorBucketArn"])
        }
    }

    @Test("listing goes by pages, by prefix, in order")
    func listing() async throws {
        let fixture = try ServiceFixture()
        for name in ["bb-2", "aa-1", "bb-1", "bb-3"] {
            try await fixture.call("CreateVectorBucket", #"{"vectorBucketName":"\#(name)"}"#).expectFine()
        }
        var names: [String] = [], token: String?
        repeat {
            let next = token.map { #","nextToken":"\#($0)""# } ?? ""
            let page = await fixture.call("ListVectorBuckets", #"{"maxResults":2,"prefix":"bb"\#(next)}"#)
            try page.expectFine()
            names += page.list("vectorBuckets").map { $0["vectorBucketName"]?.text ?? "" }
            #expect(page.list("vectorBuckets").count <= 2)
            token = page.text("nextToken")
        } while token != nil
        #expect(names == [#""bb-1""#, #""bb-2""#, #""bb-3""#])
        for body in [#"{"maxResults":0}"#, #"{"maxResults":501}"#, #"{"prefix":""}"#, #"{"nextToken":""}"#] {
            await fixture.call("ListVectorBuckets", body).expectInvalid("1 validation error detected. Value ")
        }
        for token in ["no token", "aa-1"] {
            await fixture.call("ListVectorBuckets", #"{"prefix":"bb","nextToken":"\#(token)"}"#)
                .expectInvalid("Invalid nextToken", ["nextToken"])
        }
        try await fixture.call("ListVectorBuckets", "").expectFine()
    }

    @Test("a bucket with an index stays")
    func notEmpty() async throws {
        let fixture = try await ServiceFixture.withIndex()
        await fixture.call("DeleteVectorBucket", #"{"vectorBucketName":"demo"}"#)
            .expect("ConflictException", 409, "The specified vector bucket is not empty")
        try await fixture.onItems("DeleteIndex").expectFine()
        try await fixture.call("DeleteVectorBucket", #"{"vectorBucketName":"demo"}"#).expectFine()
    }

    @Test("encryption settings go together")
    func encryption() async throws {
        let fixture = try ServiceFixture()
        func make(_ settings: String) async -> Answer {
            await fixture.call(
                "CreateVectorBucket", #"{"vectorBucketName":"demo","encryptionConfiguration":{\#(settings)}}"#)
        }
        await make(#""sseType":"AES256","kmsKeyArn":"\#(Self.kmsKey)""#).expectInvalid(
            "kmsKeyArn must not be specified when sseType is AES256.", ["EncryptionConfiguration"])
        await make(#""sseType":"aws:kms""#).expectInvalid(
            "kmsKeyArn must be specified when sseType is set to aws:kms", ["EncryptionConfiguration"])
        await make(#""sseType":"none""#).expectInvalid(
            "1 validation error detected. Value at '/encryptionConfiguration/sseType' failed to satisfy constraint: "
                + "Member must satisfy enum value set: [AES256, aws:kms]")
        for key in ["k", "arn:aws:s3:us-east-1:123456789012:key/k", "arn:aws:kms:us-east-1:123456789012:alias/k"] {
            await make(#""sseType":"aws:kms","kmsKeyArn":"\#(key)""#).expectInvalid(
                "1 validation error detected. Value at '/encryptionConfiguration/kmsKeyArn' failed to satisfy "
                    + "constraint: Member must satisfy regular expression pattern: (arn:aws")
        }
        try await make("").expectFine()
    }

    @Test("a policy is a document that is kept as it was written")
    func policies() async throws {
        let fixture = try ServiceFixture()
        let bucket = #""vectorBucketName":"demo""#
        try await fixture.call("CreateVectorBucket", "{\(bucket)}").expectFine()
        let missing = "The specified vector bucket policy could not be found"
        await fixture.call("GetVectorBucketPolicy", "{\(bucket)}").expect("NotFoundException", 404, missing)
        try await fixture.call("PutVectorBucketPolicy", #"{\#(bucket),"policy":"{ \"Version\" : 1 }"}"#).expectFine()
        let found = await fixture.call("GetVectorBucketPolicy", "{\(bucket)}")
        #expect(found.text("policy") == #"{ "Version" : 1 }"#)
        for wrong in ["no", "[]"] {
            await fixture.call("PutVectorBucketPolicy", #"{\#(bucket),"policy":"\#(wrong)"}"#)
                .expectInvalid("Invalid policy", ["policy"])
        }
        try await fixture.call("DeleteVectorBucketPolicy", "{\(bucket)}").expectFine()
        await fixture.call("GetVectorBucketPolicy", "{\(bucket)}").expect("NotFoundException", 404, missing)
    }

    @Test("buckets are ENHANCED and stay so")
    func modes() async throws {
        let fixture = try ServiceFixture()
        try await fixture.call("CreateVectorBucket", #"{"vectorBucketName":"demo"}"#).expectFine()
        func set(_ mode: String) async -> Answer {
            await fixture.call(
                "PutVectorBucketDefaultIndexMode", #"{"vectorBucketName":"demo","defaultIndexMode":"\#(mode)"}"#)
        }
        try await set("ENHANCED").expectFine()
        await set("CLASSIC").expectInvalid("defaultIndexMode cannot become CLASSIC", ["defaultIndexMode"])
        await set("FAST").expectInvalid("1 validation error detected. Value at '/defaultIndexMode'")
    }
}
