import Foundation
import S3Vectors
import Testing
import Vectors

@testable import Server

@Suite("the access log")
struct AccessLogTests {
    /// A file that is gone with its owner.
    private final class LogFile: Sendable {
        let path = FileManager.default.temporaryDirectory.appending(path: "access-\(UUID().uuidString)").path
        deinit { try? FileManager.default.removeItem(atPath: path) }

        var text: String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
        var lines: [JSONValue] { text.split(separator: "\n").compactMap { try? JSONValue(bytes: Array($0.utf8)) } }
    }

    private func text(_ line: JSONValue, _ name: String) -> String? {
        if case .string(let text) = line[name] { text } else { nil }
    }

    @Test("a line says who asked for what and what came of it")
    func lines() async throws {
        let file = LogFile()
        let key = SigningKeys(accessKey: "AKID", secretKey: "very secret")
        let fixture = try ServiceFixture {
            $0.accessKeys = AccessKeys([Principal(keys: key, buckets: nil, isReadOnly: false)])
        }
        let log = try AccessLog(path: file.path)
        try await RunningServer.with(fixture, .local { $0.log = log }) { server in
            let transport = try CurlTransport()
            let client = S3VectorsClient(
                .init(
                    endpoint: "http://127.0.0.1:\(server.port)", region: "us-east-1",
                    credentials: FixedCredentials(
                        Credentials(accessKeyID: "AKID", secretAccessKey: "very secret", origin: "the test")),
                    http: transport, wallClock: { ServiceFixture.now }))
            _ = try await client.send(CreateVectorBucket(vectorBucketName: "news"))
            _ = try await client.send(
                CreateIndex(
                    bucket: BucketTarget(name: "news"), indexName: "items", dimension: 2, distanceMetric: .euclidean))
            let index = IndexTarget(bucketName: "news", indexName: "items")
            try await client.putAll([.init(key: "a", data: [1, 2], metadata: nil)], to: index)
            _ = try await client.send(QueryVectors(index: index, topK: 1, queryVector: [1, 2]))
            _ = try await server.exchange(RunningServer.request("POST /Nothing?secret=1"))
            _ = try await server.exchange(RunningServer.request("GET /health"))
        }
        let lines = file.lines
        #expect(lines.count == 6)
        #expect(
            lines.map { text($0, "operation") }
                == ["CreateVectorBucket", "CreateIndex", "PutVectors", "QueryVectors", nil, nil])
        #expect(lines.map { text($0, "path") } == [nil, nil, nil, nil, "/Nothing", "/health"])
        let query = lines[3]
        #expect(text(query, "accessKey") == "AKID" && text(query, "client") == "127.0.0.1")
        #expect(text(query, "bucket") == "news" && text(query, "index") == "items")
        #expect(text(query, "reason") == "exact" && text(query, "tiers") == "ram=0,warm=1,cold=0")
        #expect(text(query, "cost")?.hasPrefix("calls=0,") == true)
        #expect(query["status"] == .integer(200) && query["error"] == nil)
        #expect(text(query, "time")?.hasPrefix("2026-01-02T03:04:0") == true)
        #expect(text(query, "requestId")?.count == 36)
        for name in ["bytesIn", "bytesOut", "milliseconds"] { #expect(query[name] != nil, "\(name)") }
        #expect(lines[4]["status"] == .integer(404) && text(lines[4], "error") == "UnknownOperationException")
        for secret in ["very secret", "Signature", "AWS4", "secret=1"] { #expect(!file.text.contains(secret)) }
    }

    @Test("a time is written to the millisecond")
    func time() { #expect(AccessLine.text(1_767_323_045.678) == "2026-01-02T03:04:05.678Z") }

    @Test("a log that was moved away goes on under its name")
    func reopening() throws {
        let file = LogFile(), moved = LogFile()
        let log = try AccessLog(path: file.path)
        log.append(Array("one".utf8))
        log.flush()
        try FileManager.default.moveItem(atPath: file.path, toPath: moved.path)
        log.append(Array("two".utf8))
        log.flush()
        log.reopen()
        log.append(Array("three".utf8))
        log.flush()
        #expect(moved.text == "one\ntwo\n" && file.text == "three\n")
    }

    @Test("a line that was cut by a full disk is not glued to the next")
    func cutLine() throws {
        let file = LogFile()
        try Data("whole\ncut".utf8).write(to: URL(filePath: file.path))
        let log = try AccessLog(path: file.path)
        log.append(Array("one".utf8))
        log.append(Array("two".utf8))
        log.flush()
        #expect(file.text == "whole\ncut\none\ntwo\n")
        try Data("cut again".utf8).write(to: URL(filePath: file.path))
        log.reopen()
        log.append(Array("three".utf8))
        log.flush()
        log.reopen()
        log.append(Array("four".utf8))
        log.flush()
        #expect(file.text == "cut again\nthree\nfour\n")
    }

    @Test("lines that cannot be written are lost and counted")
    func lost() throws {
        let log = try AccessLog(path: "/dev/full")
        for _ in 0..<3 { log.append(Array("line".utf8)) }
        log.flush()
        let counts = log.takeCounts()
        #expect(counts.waiting == 0 && counts.lost == 3)
        #expect(log.takeCounts().lost == 0)
        #expect(throws: AccessLogError.self) { try AccessLog(path: "/no/such/folder/log") }
    }
}
