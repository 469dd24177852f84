import Foundation
import Testing

@testable import Server

/// `Listening` with its `Responder` over a real socket.
@Suite("over a socket")
struct ListeningTests {
    private func serve(_ body: (RunningServer) async throws -> Void) async throws {
        let fixture = try await ServiceFixture.withIndex()
        try await RunningServer.with(fixture, .local { _ in }, body)
        // The collections were closed.
        #expect(await fixture.onItems("ListVectors").status == 503)
    }

    private func request(_ line: String, _ headers: String = "", _ body: String = "") -> String {
        RunningServer.request(line, headers, body)
    }

    @Test("requests and answers go through whole")
    func exchanges() async throws {
        try await serve { server in
            let body =
                #"{"vectorBucketName":"demo","indexName":"items","vectors":[{"key":"a","data":{"float32":[1,2]}}]}"#
            let put = try await server.exchange(
                request("POST /PutVectors", "Content-Length: \(body.utf8.count)\r\n", body))
            #expect(put.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(put.hasSuffix("\r\n\r\n{}"))
            let parts = [#"{"vectorBucketName":"demo","indexName":"items","#, #""returnData":true}"#]
            let chunks = parts.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined() + "0\r\n\r\n"
            let list = try await server.exchange(request("POST /ListVectors", "Transfer-Encoding: chunked\r\n", chunks))
            #expect(list.hasSuffix(#"{"vectors":[{"key":"a","data":{"float32":[1,2]}}]}"#))
            let missing = try await server.exchange(request("GET /nothing?x=1"))
            #expect(missing.hasPrefix("HTTP/1.1 404 Not Found\r\n"))
            #expect(missing.contains("x-amzn-errortype: UnknownOperationException\r\n"))
            let health = try await server.exchange(request("GET /health"))
            #expect(health.hasSuffix(#"{"status":"ok"}"#))
            let arn = "arn%3Aaws%3As3vectors%3Aus-east-1%3A123456789012%3Abucket%2Fdemo%2Findex%2Fitems"
            let tags = try await server.exchange(request("GET /tags/\(arn)"))
            #expect(tags.hasSuffix(#"{"tags":{}}"#))
        }
    }

    @Test("an address that is taken is named, with what to do")
    func takenAddress() async throws {
        try await serve { server in
            let second = try ServiceFixture()
            var listening = Listening.local { _ in }
            listening.port = Int(server.port)
            do {
                try await RunningServer.with(second, listening) { _ in }
                Issue.record("two servers listen at one address")
            } catch let error as ListeningError {
                let text = "\(error)"
                #expect(text.hasPrefix("cannot listen at 127.0.0.1:\(server.port): "), "\(text)")
                #expect(text.contains("another program listens there"), "\(text)")
            }
        }
    }

    @Test("a body that is announced too large is refused before it comes, a chunked one while it comes")
    func largeBodies() async throws {
        try await serve { server in
            let refused = try await server.exchange(request("POST /PutVectors", "Content-Length: 20971521\r\n", "{"))
            #expect(refused.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            #expect(refused.contains("Request body exceeds max allowed size"))
            // 20 MiB are taken, one more is not, of which nobody knows before it comes.
            let start = #"{"vectorBucketName":"demo","indexName":"items","x":""#
            for (size, status) in [(20_971_520, "200 OK"), (20_971_521, "400 Bad Request")] {
                let body = start + String(repeating: "x", count: size - start.utf8.count - 2) + #""}"#
                let chunk = "\(String(size, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
                let chunked = try await server.exchange(
                    request("POST /GetIndex", "Transfer-Encoding: chunked\r\n", chunk))
                #expect(chunked.hasPrefix("HTTP/1.1 \(status)\r\n"), "\(size) bytes")
            }
        }
    }

    @Test("who expects 100-continue gets it before the body, unless the body is refused unseen")
    func expectsContinue() async throws {
        try await serve { server in
            let body = #"{"vectorBucketName":"demo","indexName":"items"}"#
            func head(_ length: Int) -> String {
                request("POST /GetIndex", "Expect: 100-Continue\r\nContent-Length: \(length)\r\n")
            }
            let asked = head(body.utf8.count)
            let (first, rest) = try await server.connected { peer in
                peer.send(asked)
                var first = ""
                while !first.hasSuffix("\r\n\r\n"), let bytes = peer.next() {
                    first += String(decoding: bytes, as: UTF8.self)
                }
                peer.send(body)
                return (first, peer.rest().text)
            }
            #expect(first == "HTTP/1.1 100 Continue\r\n\r\n")
            #expect(rest.hasPrefix("HTTP/1.1 200 OK\r\n") && rest.contains(#""indexName":"items""#))
            #expect(try await server.exchange(head(20_971_521)).hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            // Not into the answer of the request before.
            let both = request("GET /health").replacing("Connection: close\r\n", with: "") + asked + body
            let answers = try await server.exchange(both)
            #expect(answers.components(separatedBy: "HTTP/1.1 200 OK").count == 3)
            #expect(!answers.dropFirst(12).contains("}HTTP/1.1 100"))
        }
    }

    @Test(
        "garbage ends its own connection alone",
        arguments: [
            "GARBAGE\r\n\r\n", "POST /GetIndex HTTP/1.1\r\nContent-Length: x\r\n\r\n", "\u{0}\u{1}\r\n\r\n",
            "POST /GetIndex HTTP/9.9\r\n\r\n",
        ])
    func garbage(_ text: String) async throws {
        try await serve { server in
            let refused = try await server.exchange(text)
            #expect(!refused.hasPrefix("HTTP/1.1 200"))
            let ready = try await server.exchange(request("GET /ready"))
            #expect(ready.hasSuffix(#"{"status":"ready"}"#))
        }
    }
}
