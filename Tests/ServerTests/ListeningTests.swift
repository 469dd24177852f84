import Foundation
import Glibc
import S3Vectors
import Testing

@testable import Server

/// `Listening` with its `Responder` over a real socket.
@Suite("over a socket")
struct ListeningTests {
    /// Runs `body` with the port of a running server.
    private func serve(_ body: @escaping @Sendable (UInt16) async throws -> Void) async throws {
        let fixture = try await ServiceFixture.withIndex()
        var listening = Listening(host: "127.0.0.1", port: 0)
        listening.endsOnSignals = false
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let server = Task { [listening] in try await listening.run(fixture.service) { continuation.yield($0) } }
        for await port in ports {
            try await body(UInt16(port))
            break
        }
        server.cancel()
        _ = await server.result
        // The collections were closed.
        #expect(await fixture.onItems("ListVectors").status == 503)
    }

    /// Sends `text` as it is; gives what comes back until the other side closes. A thread of its own waits: the few
    /// that run tasks are the server's, too.
    private func exchange(_ port: UInt16, _ text: String) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try Self.wait(port, text) }) }
        }
    }

    private static func wait(_ port: UInt16, _ text: String) throws -> String {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(socket >= 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        let bytes = Array(text.utf8)
        unsafe try #require(send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count)
        var received: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            received += buffer[..<count]
        }
        return String(decoding: received, as: UTF8.self)
    }

    private func request(_ line: String, _ headers: String = "", _ body: String = "") -> String {
        "\(line) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(headers)\r\n\(body)"
    }

    @Test("requests and answers go through whole")
    func exchanges() async throws {
        try await serve { port in
            let body =
                #"{"vectorBucketName":"demo","indexName":"items","vectors":[{"key":"a","data":{"float32":[1,2]}}]}"#
            let put = try await exchange(
                port, request("POST /PutVectors", "Content-Length: \(body.utf8.count)\r\n", body))
            #expect(put.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(put.hasSuffix("\r\n\r\n{}"))
            let parts = [#"{"vectorBucketName":"demo","indexName":"items","#, #""returnData":true}"#]
            let chunks = parts.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined() + "0\r\n\r\n"
            let list = try await exchange(port, request("POST /ListVectors", "Transfer-Encoding: chunked\r\n", chunks))
            #expect(list.hasSuffix(#"{"vectors":[{"key":"a","data":{"float32":[1,2]}}]}"#))
            let missing = try await exchange(port, request("GET /nothing?x=1"))
            #expect(missing.hasPrefix("HTTP/1.1 404 Not Found\r\n"))
            #expect(missing.contains("x-amzn-errortype: UnknownOperationException\r\n"))
            let health = try await exchange(port, request("GET /health"))
            #expect(health.hasSuffix(#"{"status":"ok"}"#))
            let arn = "arn%3Aaws%3As3vectors%3Aus-east-1%3A123456789012%3Abucket%2Fdemo%2Findex%2Fitems"
            let tags = try await exchange(port, request("GET /tags/\(arn)"))
            #expect(tags.hasSuffix(#"{"tags":{}}"#))
        }
    }

    @Test("a body that is announced too large is refused before it comes, a chunked one while it comes")
    func largeBodies() async throws {
        try await serve { port in
            let refused = try await exchange(port, request("POST /PutVectors", "Content-Length: 20971521\r\n", "{"))
            #expect(refused.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            #expect(refused.contains("Request body exceeds max allowed size"))
            let piece = "1400001\r\n" + String(repeating: " ", count: 20_971_521) + "\r\n0\r\n\r\n"
            let pieces = try await exchange(port, request("POST /PutVectors", "Transfer-Encoding: chunked\r\n", piece))
            #expect(pieces.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            #expect(pieces.contains("Request body exceeds max allowed size"))
        }
    }

    @Test(
        "garbage ends its own connection alone",
        arguments: [
            "GARBAGE\r\n\r\n", "POST /GetIndex HTTP/1.1\r\nContent-Length: x\r\n\r\n", "\u{0}\u{1}\r\n\r\n",
            "POST /GetIndex HTTP/9.9\r\n\r\n",
        ])
    func garbage(_ text: String) async throws {
        try await serve { port in
            let refused = try await exchange(port, text)
            #expect(!refused.hasPrefix("HTTP/1.1 200"))
            let ready = try await exchange(port, request("GET /ready"))
            #expect(ready.hasSuffix(#"{"status":"ready"}"#))
        }
    }
}
