import Testing

@testable import S3Vectors

@Suite("HTTP by libcurl")
struct CurlTransportTests {
    /// Long enough for any machine: what must fail in time has its own, short time.
    private func request(
        _ method: String, _ url: String, _ body: [UInt8] = [], timeout: Duration = .seconds(60)
    ) -> HTTPRequest {
        HTTPRequest(method, url, headers: [.init("X-Test", "one")], body: body, timeout: timeout)
    }

    private func failure(_ transport: CurlTransport, _ request: HTTPRequest) async -> TransportError? {
        do throws(TransportError) {
            let answer = try await transport.send(request)
            Issue.record("answered \(answer.status)")
            return nil
        } catch {
            return error
        }
    }

    @Test("method, target, headers and body arrive as given, and the answer comes back whole")
    func roundTrip() async throws {
        let server = try LoopbackServer { .answer(418, headers: ["X-Back: a b "], body: $0.body.reversed()) }
        let transport = try CurlTransport()
        let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let answer = try await transport.send(request("POST", server.url + "/a/../b//c%2Fd?x=1&y", body))
        #expect(answer.status == 418)
        #expect(answer.header("x-back") == "a b")
        #expect(answer.body == body.reversed())
        let seen = try #require(server.requests.first)
        #expect(seen.method == "POST")
        #expect(seen.target == "/a/../b//c%2Fd?x=1&y")
        #expect(seen.headers["x-test"] == "one")
        #expect(seen.headers["content-type"] == nil, "nothing is said of the body's kind that the caller did not say")
        #expect(seen.headers["expect"] == nil)
    }

    @Test("every method is sent by its name", arguments: ["GET", "PUT", "POST", "DELETE", "HEAD"])
    func methods(method: String) async throws {
        let server = try LoopbackServer { _ in .answer(200) }
        let transport = try CurlTransport()
        #expect(try await transport.send(request(method, server.url)).status == 200)
        #expect(server.requests.map(\.method) == [method])
    }

    @Test("requests one after the other use one connection")
    func keepAlive() async throws {
        let server = try LoopbackServer { _ in .answer(200, body: Array("{}".utf8)) }
        let transport = try CurlTransport()
        // libcurl gives up a connection that nobody used for two minutes, which happens where hundreds of tests share
        // two cores.
        var most = 1, last = ContinuousClock.now
        for _ in 0..<20 {
            _ = try await transport.send(request("POST", server.url + "/x", Array("{}".utf8)))
            if ContinuousClock.now - last > .seconds(60) { most += 1 }
            last = ContinuousClock.now
        }
        #expect(server.connectionCount <= most)
        #expect(server.requests.count == 20)
    }

    @Test("many requests at once are all answered, by no more connections than allowed")
    func bounded() async throws {
        let server = try LoopbackServer { .answer(200, body: $0.body) }
        var settings = CurlTransport.Settings()
        settings.requestLimit = 4
        let transport = try CurlTransport(settings)
        let url = server.url
        let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                let body = Array("body \(number)".utf8)
                group.addTask {
                    try await transport.send(HTTPRequest("POST", url, body: body, timeout: .seconds(60))).body == body
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count == 200 && answers.allSatisfy { $0 })
        #expect(server.connectionCount <= 4)
    }

    @Test("no answer in time is a timeout, also for a request that waits for its turn")
    func timeouts() async throws {
        let server = try LoopbackServer { _ in .silence }
        var settings = CurlTransport.Settings()
        settings.requestLimit = 1
        let transport = try CurlTransport(settings)
        let url = server.url
        async let first = failure(transport, request("POST", url, [1], timeout: .milliseconds(400)))
        async let second = failure(transport, request("POST", url, [1], timeout: .milliseconds(50)))
        let both = await [first, second]
        #expect(both.contains(.timedOut))
        #expect(both.allSatisfy { $0 == .timedOut || $0 == .unreachable(message: "no connection was free in time") })
    }

    @Test("a cancelled task gives up its request, before, while and after it is sent")
    func cancellation() async throws {
        let server = try LoopbackServer { _ in .silence }
        var settings = CurlTransport.Settings()
        settings.requestLimit = 2
        let transport = try CurlTransport(settings)
        let url = server.url
        let tasks = (0..<20).map { _ in
            Task { await failure(transport, request("POST", url, [1], timeout: .seconds(600))) }
        }
        while server.requests.count < 2 { await Task.yield() }
        for task in tasks { task.cancel() }
        for task in tasks { #expect(await task.value == .cancelled) }
        let late = Task { () -> TransportError? in
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            return await failure(transport, request("POST", url, [1], timeout: .seconds(600)))
        }
        #expect(await late.value == .cancelled)
    }

    @Test("what goes wrong on the wire is told apart")
    func misbehaviour() async throws {
        let server = try LoopbackServer { request in
            switch request.target {
            case "/short": .bytes(Array("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc".utf8))
            case "/garbage": .bytes(Array("\u{1}\u{2} no such protocol \r\n\r\n".utf8))
            case "/reset": .reset
            case "/large": .answer(200, body: [UInt8](repeating: 1, count: 5000))
            case "/chunk": .bytes(Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".utf8))
            case "/headers":
                .bytes(Array(("HTTP/1.1 200 OK\r\n" + String(repeating: "A: b\r\n", count: 100_000)).utf8))
            default: .hangUp
            }
        }
        let transport = try CurlTransport()
        func code(_ path: String) async -> String {
            var request = request("POST", server.url + path, [1])
            request.answerByteLimit = 4096
            return switch await failure(transport, request) {
            case .connectionLost: "lost"
            case .garbled: "garbled"
            case .answerTooLarge(let limit): "larger than \(limit)"
            case let other: "\(other.map { $0.description } ?? "none")"
            }
        }
        #expect(await code("/short") == "lost")
        #expect(await code("/garbage") == "garbled")
        #expect(await code("/reset") == "lost")
        #expect(await code("/hangup") == "lost")
        #expect(await code("/large") == "larger than 4096")
        #expect(["lost", "garbled"].contains(await code("/chunk")))
        #expect(["lost", "larger than 4096"].contains(await code("/headers")))
    }

    @Test("nothing is sent where nobody listens, or to what is no address")
    func unreachable() async throws {
        let server = try LoopbackServer { _ in .answer(200) }
        let url = server.url
        server.stop()
        let transport = try CurlTransport()
        guard case .unreachable = await failure(transport, request("GET", url)) else {
            Issue.record("something was sent")
            return
        }
        for url in ["ftp://127.0.0.1/", "not a url", "http://127.0.0.1:port/", "file:///etc/passwd", "http://a\nb/"] {
            let error = await failure(transport, request("GET", url))
            #expect(error?.mayHaveBeenSent == false, "\(url): \(String(describing: error))")
        }
        var request = request("GET", url)
        request.headers = [.init("A", "b\r\nC: d")]
        #expect(await failure(transport, request) == .refusedHeader(name: "A"))
    }

    @Test("a closed transport answers what is under way, and refuses what comes later")
    func closing() async throws {
        let server = try LoopbackServer { _ in .silence }
        let transport = try CurlTransport()
        let url = server.url
        let task = Task { await failure(transport, request("GET", url, timeout: .seconds(600))) }
        while server.requests.isEmpty { await Task.yield() }
        transport.close()
        #expect(await task.value == .closed)
        #expect(await failure(transport, request("GET", url)) == .closed)
    }

    @Test("header lines are read leniently")
    func headerLines() {
        let text = "A: 1\r\nno colon\r\nB:\t two words \r\nC:\r\n: \r\nD: x: y\n\r\n"
        let expected = [("A", "1"), ("B", "two words"), ("C", ""), ("", ""), ("D", "x: y")]
        #expect(CurlTransfer.headers(text) == expected.map { HTTPHeader($0.0, $0.1) })
    }

    @Test("a duration in milliseconds is rounded up and never overflows")
    func milliseconds() {
        #expect(Duration.nanoseconds(1).wholeMilliseconds == 1)
        #expect(Duration.milliseconds(5).wholeMilliseconds == 5)
        #expect(Duration.seconds(-3).wholeMilliseconds <= -2999)
        #expect(Duration.seconds(Int64.max / 2).wholeMilliseconds == .max)
    }
}
