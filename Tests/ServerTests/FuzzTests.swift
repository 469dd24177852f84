import Foundation
import S3Vectors
import Testing
import Vectors

@testable import Server

/// Requests that nobody would write, by the thousand. `MEMVEC_FULL=1` takes the full count.
@Suite("random and mutated requests")
struct FuzzTests {
    private static let isFull = ProcessInfo.processInfo.environment["MEMVEC_FULL"] == "1"
    private static let seed = ProcessInfo.processInfo.environment["MEMVEC_SEED"].flatMap { UInt64($0) } ?? 11

    @Test("each is answered by 200 or an error of the caller's, and the service goes on", arguments: [false, true])
    func service(_ isSigned: Bool) async throws {
        let keys = isSigned ? AccessKeys([Principal(keys: Fuzz.keys, buckets: ["demo"], isReadOnly: false)]) : nil
        let fixture = try isSigned ? ServiceFixture { $0.accessKeys = keys } : await ServiceFixture.withIndex()
        let folder = URL(filePath: fixture.folder).deletingLastPathComponent().path
        let neighbours = try FileManager.default.contentsOfDirectory(atPath: folder).count { $0.contains("escape") }
        let service = fixture.service
        var fuzz = Fuzz(seed: Self.seed, isSigned: isSigned)
        let count = Self.isFull ? 10_000 : 1_000
        print("MEMVEC_SEED=\(Self.seed): \(count) requests, signed: \(isSigned)")
        for step in 0..<count {
            let call = fuzz.call()
            let answer = await service.call(call)
            let text = String(decoding: call.body.prefix(500), as: UTF8.self)
            #expect(
                (200..<500).contains(answer.status) && answer.body != .null,
                "MEMVEC_SEED=\(Self.seed) step \(step): \(answer.status) to \(call.method) \(call.path) \(text)")
        }
        #expect(await service.respond(to: Call(method: "GET", path: "/ready")).status == 200)
        // Nothing was made outside of the folder that is served.
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder).count { $0.contains("escape") } == neighbours)
    }

    @Test("broken HTTP over a socket ends its own connection alone")
    func socket() async throws {
        let fixture = try await ServiceFixture.withIndex()
        let seed = Self.seed, count = Self.isFull ? 2_000 : 200
        print("MEMVEC_SEED=\(seed): \(count) connections")
        try await RunningServer.with(fixture, .local { $0.idleTime = .seconds(5) }) { server in
            let wrong = try await server.connected { _ in
                var fuzz = Fuzz(seed: seed, isSigned: false), wrong: [String] = []
                for step in 0..<count {
                    let peer = try Peer(server.port)
                    defer { peer.close() }
                    let (bytes, leavesEarly) = fuzz.wire()
                    peer.send(bytes)
                    // A third of them leave without an answer.
                    if leavesEarly { continue }
                    peer.finish()
                    let answer = peer.rest().text
                    let isFine = answer.isEmpty || answer.hasPrefix("HTTP/1.1 4") || answer.hasPrefix("HTTP/1.1 200 ")
                    if !isFine { wrong.append("step \(step): \(answer.prefix(200))") }
                }
                return wrong
            }
            #expect(wrong.isEmpty, "MEMVEC_SEED=\(seed) \(wrong)")
            await server.waitForMetric("memvec_connections 0.0")
            #expect(try await server.exchange(RunningServer.request("GET /ready")).hasPrefix("HTTP/1.1 200 "))
        }
    }
}

/// Makes requests up.
struct Fuzz {
    static let keys = SigningKeys(accessKey: "AKID", secretKey: "secret")

    private var random: SeededNumbers
    private let isSigned: Bool

    init(seed: UInt64, isSigned: Bool) {
        random = SeededNumbers(seed)
        self.isSigned = isSigned
    }

    private static let target = #""vectorBucketName":"demo","indexName":"items""#
    private static let bodies = [
        "PutVectors": #"{T,"vectors":[{"key":"b","data":{"float32":[1,2.5]},"metadata":{"x":["y"]}}]}"#,
        "QueryVectors": #"{T,"topK":2,"queryVector":{"float32":[1,2]},"filter":{"x":{"$in":[1,2]}}}"#,
        "GetVectors": #"{T,"keys":["a","b"],"returnData":true}"#,
        "ListVectors": #"{T,"maxResults":2,"segmentCount":2,"segmentIndex":1}"#,
        "DeleteVectors": #"{T,"keys":["c","b"]}"#, "GetIndex": "{T}",
        "CreateIndex": #"{T,"dataType":"float32","dimension":2,"distanceMetric":"cosine"}"#,
        "ListIndexes": #"{"vectorBucketName":"demo","prefix":"it"}"#,
        "CreateVectorBucket": #"{"vectorBucketName":"demo","tags":{"a":"b"}}"#,
        "PutVectorBucketPolicy": #"{"vectorBucketName":"demo","policy":"{}"}"#,
        "UpdateIndexMode": #"{T,"indexMode":"ENHANCED"}"#,
    ]
    private static let operations = bodies.keys.sorted()
    private static let paths = [
        "/", "//", "/../QueryVectors", "/%2e%2e/QueryVectors", "//QueryVectors", "/QueryVectors/", "/QueryVectors\0",
        "/QueryVectors%00", "/tags/", "/tags/..%2f..%2fescape", "/tags/%", "/tags/%ff", "/tags/arn%3Aaws", "*", "",
        "/tags/arn:aws:s3vectors:us-east-1:123456789012:bucket/../escape", "/\u{FFFD}", "/queryvectors",
    ]
    private static let names = [
        "../escape", "..", "%2e%2e", "a/../../escape", "demo\\u0000", "/escape", "DEMO", "", "demo/items", "\\ud800",
    ]
    private static let pieces = [
        #"\ud800"#, #"\u0000"#, "1e999", "-0", "NaN", "{", "[", "]", "}", "\"", ",", ":", "null", "true", "[[[[[[[[",
        "{\"$and\":[", "1e-46", "18446744073709551616", "\u{FEFF}", "\\",
    ]

    /// A request, with its signature in place where they are signed, or not quite.
    mutating func call() -> Call {
        let operation = Self.operations[random.below(Self.operations.count)]
        var call = Call(
            method: "POST", path: "/" + operation, headers: [(name: "host", value: "localhost")],
            body: body(of: operation))
        switch random.below(8) {
        case 0: call.path = Self.paths[random.below(Self.paths.count)]
        case 1: call.method = ["GET", "DELETE", "PUT", "HEAD", "post", "", "\0"][random.below(7)]
        case 2: call.query = ["a=%", "tagKeys=%ff", "%00", "tagKeys", "&&&=", "a=b?c"][random.below(6)]
        default: break
        }
        // Monitors ask there; they are answered in another form.
        if call.path.isEmpty { call.path = "/" }
        if isSigned { sign(&call) }
        return call
    }

    private mutating func sign(_ call: inout Call) {
        let request = SignableRequest(
            method: call.method, path: call.path, query: call.query, headers: call.headers,
            bodyHash: Digest.hexadecimal(Digest.sha256(call.body)))
        let age = random.below(10) == 0 ? 1000 : 0
        call.headers += SigV4Signer(region: "us-east-1").headers(
            for: request, keys: Self.keys, at: SigningTime(seconds: Int(ServiceFixture.now) - age))
        guard random.below(4) == 0, let at = call.headers.firstIndex(where: { $0.name.lowercased() == "authorization" })
        else { return }
        var bytes = Array(call.headers[at].value.utf8)
        mutate(&bytes)
        call.headers[at].value = String(decoding: bytes, as: UTF8.self)
    }

    private mutating func body(of operation: String) -> [UInt8] {
        var text = (Self.bodies[operation] ?? "{}").replacing("T", with: Self.target, maxReplacements: 1)
        switch random.below(20) {
        case 0: return (0..<random.below(200)).map { _ in UInt8(random.below(256)) }
        case 1: text = text.replacing("demo", with: Self.names[random.below(Self.names.count)])
        case 2: text = text.replacing("items", with: Self.names[random.below(Self.names.count)])
        case 3:
            let depth = 1 + random.below(50_000), opening = ["[", #"{"a":"#, #"{"$and":["#][random.below(3)]
            text = #"{"filter":"# + String(repeating: opening, count: depth) + String(text.dropFirst())
        case 4: text = text.replacing("1", with: String(repeating: "7", count: 1 + random.below(20_000)))
        case 5: text = #"{"x":"\#(String(repeating: "y", count: random.below(300_000)))","# + text.dropFirst()
        default: break
        }
        var bytes = Array(text.utf8)
        if random.below(4) > 0 { mutate(&bytes) }
        return bytes
    }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        for _ in 0...random.below(4) where !bytes.isEmpty {
            let at = random.below(bytes.count)
            switch random.below(4) {
            case 0: bytes[at] = UInt8(random.below(256))
            case 1: bytes.removeSubrange(at..<min(bytes.count, at + 1 + random.below(9)))
            case 2: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 1 + random.below(20))], at: at)
            default: bytes.insert(contentsOf: Array(Self.pieces[random.below(Self.pieces.count)].utf8), at: at)
            }
        }
    }

    /// The bytes of a request as they go over a connection, often broken, and whether the client leaves at once.
    mutating func wire() -> (bytes: [UInt8], leavesEarly: Bool) {
        let operation = Self.operations[random.below(Self.operations.count)], body = body(of: operation)
        var length = "\(body.count)"
        if random.below(6) == 0 {
            length = ["-1", "x", "0", "99999999999999999999", "\(body.count + 5)"][random.below(5)]
        }
        let framing =
            random.below(6) == 0 ? "Transfer-Encoding: chunked\r\n\r\n5\r\n" : "Content-Length: \(length)\r\n\r\n"
        var bytes = Array("POST /\(operation) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(framing)".utf8)
        if random.below(3) == 0 { mutate(&bytes) }
        bytes += body
        return (random.below(4) == 0 ? Array(bytes.prefix(random.below(bytes.count))) : bytes, random.below(3) == 0)
    }
}
