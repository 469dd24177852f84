import Foundation
import S3Vectors
import Testing
import Vectors

@testable import Server

@Suite("who may call")
struct AccessTests {
    static let all = Principal(keys: SigningKeys(accessKey: "ALL", secretKey: "s1"), buckets: nil, isReadOnly: false)
    static let some = Principal(
        keys: SigningKeys(accessKey: "SOME", secretKey: "s2", sessionToken: "t"), buckets: ["demo", "te*t-*"],
        isReadOnly: false)
    static let reader = Principal(keys: SigningKeys(accessKey: "READ", secretKey: "s3"), buckets: nil, isReadOnly: true)

    private func fixture() throws -> ServiceFixture {
        try ServiceFixture { $0.accessKeys = AccessKeys([Self.all, Self.some, Self.reader]) }
    }

    private func signed(
        _ principal: Principal, _ operation: String, _ body: String, secondsAgo: Int = 0
    ) -> Call {
        var call = Call(
            method: "POST", path: "/" + operation,
            headers: [(name: "host", value: "127.0.0.1"), (name: "content-type", value: "application/json")],
            body: Array(body.utf8))
        let request = SignableRequest(
            method: call.method, path: call.path, headers: call.headers,
            bodyHash: Digest.hexadecimal(Digest.sha256(call.body)))
        call.headers += SigV4Signer(region: "us-east-1").headers(
            for: request, keys: principal.keys, at: SigningTime(seconds: Int(ServiceFixture.now) - secondsAgo))
        return call
    }

    @Test("a signature by a key that is known, or nothing")
    func signatures() async throws {
        let service = try fixture().service
        await service.call("ListVectorBuckets", "{}")
            .expect("MissingAuthenticationTokenException", 403, "Missing Authentication Token")
        try await service.call(signed(Self.all, "ListVectorBuckets", "{}")).expectFine()
        try await service.call(signed(Self.some, "ListVectorBuckets", "{}")).expectFine()
        await service.call(signed(Self.all, "ListVectorBuckets", "{}", secondsAgo: 901))
            .expect("InvalidSignatureException", 403, "Signature expired")
        var replay = signed(Self.all, "ListVectorBuckets", "{}")
        replay.body = Array(#"{"maxResults":1}"#.utf8)
        await service.call(replay).expect("InvalidSignatureException", 403, "The request signature we calculated")
        replay = signed(Self.all, "ListVectorBuckets", "{}")
        replay.path = "/DeleteVectorBucket"
        await service.call(replay).expect("InvalidSignatureException", 403, "The request signature we calculated")
        // Whether the server lives is no secret.
        #expect(await service.respond(to: Call(method: "GET", path: "/health")).status == 200)
    }

    @Test("buckets of others, and writing, are refused")
    func permissions() async throws {
        let service = try fixture().service
        for name in ["demo", "test-1", "other"] {
            try await service.call(signed(Self.all, "CreateVectorBucket", #"{"vectorBucketName":"\#(name)"}"#))
                .expectFine()
        }
        for name in ["demo", "test-1"] {
            try await service.call(signed(Self.some, "GetVectorBucket", #"{"vectorBucketName":"\#(name)"}"#))
                .expectFine()
        }
        let denied =
            "User: SOME is not authorized to perform: s3vectors:GetVectorBucket on resource: "
            + "arn:aws:s3vectors:us-east-1:123456789012:bucket/other"
        await service.call(signed(Self.some, "GetVectorBucket", #"{"vectorBucketName":"other"}"#))
            .expect("AccessDeniedException", 403, denied)
        let arn = "arn:aws:s3vectors:us-east-1:123456789012:bucket/other/index/items"
        await service.call(signed(Self.some, "QueryVectors", #"{"indexArn":"\#(arn)","topK":1}"#))
            .expect("AccessDeniedException", 403, "User: SOME is not authorized to perform: s3vectors:QueryVectors")
        let listed = await service.call(signed(Self.some, "ListVectorBuckets", "{}"))
        #expect(listed.list("vectorBuckets").map { $0["vectorBucketName"]?.text } == [#""demo""#, #""test-1""#])
        try await service.call(signed(Self.reader, "GetVectorBucket", #"{"vectorBucketName":"demo"}"#)).expectFine()
        await service.call(signed(Self.reader, "DeleteVectorBucket", #"{"vectorBucketName":"demo"}"#))
            .expect(
                "AccessDeniedException", 403, "User: READ is not authorized to perform: s3vectors:DeleteVectorBucket")
    }

    @Test(
        "patterns of buckets",
        arguments: [
            ("demo", "demo", true), ("demo", "dem", false), ("demo", "*", true), ("demo", "d*o", true),
            ("demo", "d*m", false), ("demo", "de*mo*", true), ("demo", "*x*", false), ("dd", "d*d", true),
            ("d", "d*d", false),
        ])
    func patterns(_ bucket: String, _ pattern: String, _ isFine: Bool) {
        let principal = Principal(keys: Self.all.keys, buckets: [pattern], isReadOnly: false)
        #expect(principal.mayReach(bucket) == isFine)
    }

    @Test(
        "the file of keys",
        arguments: [
            (
                #"{"keys":[{"accessKey":"A","secretKey":"s","buckets":["x"],"readOnly":true},"#
                    + #"{"accessKey":"B","secretKey":"s"}]}"#,
                nil
            ),
            (#"{"keys":[]}"#, "names no key"), (#"{"keys":[{"accessKey":"A","secretKey":""}]}"#, "is empty"),
            (#"{"keys":[{"accessKey":"A","secretKey":"s"},{"accessKey":"A","secretKey":"s"}]}"#, "is there twice"),
            (#"{"keys":[{"accessKey":"A","secretKey":"s","ReadOnly":true}]}"#, "a member \"ReadOnly\"; possible are"),
            (#"{"keys":[{"accessKey":"A","secretKey":"s","bucket":["x"]}]}"#, "a member \"bucket\"; possible are"),
            (#"{"keys":[{"accessKey":"A","secretKey":"s"}],"readOnly":true}"#, "the file has a member \"readOnly\""),
            ("{}", "it is not {\"keys\""), ("", "it is not {\"keys\""),
        ] as [(String, String?)])
    func file(_ text: String, _ error: String?) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "keys-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(text.utf8).write(to: URL(filePath: path))
        do {
            let keys = try AccessKeys(path: path)
            #expect(error == nil)
            #expect(keys.principals["A"]?.isReadOnly == true)
            #expect(keys.principals["B"]?.buckets == nil)
        } catch let found as AccessFileError {
            #expect(error.map { found.description.contains($0) } == true, "\(found)")
        }
        #expect(throws: AccessFileError.self) { try AccessKeys(path: path + "-none") }
    }
}
