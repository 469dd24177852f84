import Foundation
import Synchronization
import Testing

@testable import Server

/// What a server bears from those who are slow, many or rude, or who come at the wrong moment.
@Suite("limits of a server")
struct LimitTests {
    private static let health = RunningServer.request("GET /health")
    private static let alive = #"{"status":"ok"}"#

    @Test("a request that does not come whole in time is told so, however busily it is sent")
    func slowBody() async throws {
        for isBusy in [false, true] {
            // The time of a request is that of its answer, too: where the machine is too busy to give one in time, the
            // connection ends without. Then more time is given.
            var time = Duration.milliseconds(300), answer = ""
            while answer.isEmpty, time < .seconds(100) {
                answer = try await Self.answer(toHalfARequestWithin: time, isBusy: isBusy)
                time *= 3
            }
            #expect(answer.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"), "busy: \(isBusy)")
            #expect(answer.contains("x-amzn-errortype: RequestTimeoutException\r\n"))
        }
    }

    private static func answer(toHalfARequestWithin time: Duration, isBusy: Bool) async throws -> String {
        let fixture = try await ServiceFixture.withIndex()
        let box = Mutex("")
        try await RunningServer.with(fixture, .local { $0.requestTime = time }) { server in
            let answer = try await server.connected { peer in
                peer.send(RunningServer.request("POST /GetIndex", "Content-Length: 20000000\r\n"))
                let isOver = Flag()
                defer { isOver.set() }
                if isBusy { Thread.detachNewThread { while !isOver.isSet, peer.send(" ") {} } }
                return peer.rest().text
            }
            box.withLock { $0 = answer }
        }
        return box.withLock { $0 }
    }

    @Test("a connection without a whole head is closed after the idle time, whatever drips in")
    func slowHead() async throws {
        let fixture = try await ServiceFixture.withIndex()
        try await RunningServer.with(fixture, .local { $0.idleTime = .milliseconds(300) }) { server in
            let (text, _, _) = try await server.connected { peer in
                peer.send("GET /health HTTP/1.1\r\nx")
                let isOver = Flag()
                defer { isOver.set() }
                Thread.detachNewThread { for _ in 0..<10_000 where !isOver.isSet { peer.send("x") } }
                return peer.rest()
            }
            // Closed, or refused for the length of its header if so much came.
            #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test("who asks and does not read loses the connection, and nobody else anything")
    func unreadAnswers() async throws {
        let fixture = try await ServiceFixture.withIndex(dimension: 512)
        let values = (0..<512).map { "\(Float($0) * 0.001_234_5 + 1)" }.joined(separator: ",")
        let vectors = (0..<200).map { #"{"key":"\#($0)","data":{"float32":[\#(values)]}}"# }.joined(separator: ",")
        try await fixture.put(vectors).expectFine()
        try await RunningServer.with(fixture, .local { $0.requestTime = .milliseconds(500) }) { server in
            let list = RunningServer.onItems("ListVectors", #""returnData":true"#, isLast: false)
            try await server.connected { peer in
                // Answers of half a gigabyte, far more than the sockets between us hold.
                Thread.detachNewThread { peer.send(String(repeating: list, count: 500)) }
                server.wait(forMetric: "memvec_connections 1.0")
                server.wait(forMetric: "memvec_connections 0.0")
                #expect(peer.rest().byteCount < 400_000_000)
            }
        }
    }

    @Test("more connections than may be wait until one ends")
    func connectionLimit() async throws {
        let fixture = try await ServiceFixture.withIndex()
        try await RunningServer.with(fixture, .local { $0.connectionLimit = 2 }) { server in
            let kept = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
            let (seen, third) = try await server.connected { first in
                let second = try Peer(server.port)
                defer { second.close() }
                var texts: [String] = []
                for peer in [first, second] {
                    peer.send(kept)
                    texts.append(String(decoding: peer.next() ?? [], as: UTF8.self))
                }
                let third = try Peer(server.port)
                defer { third.close() }
                third.send(Self.health)
                // The third is asked for nothing while the two are there: the second answers that there are two.
                second.send(kept)
                texts.append(String(decoding: second.next() ?? [], as: UTF8.self))
                first.finish()
                return (texts, third.rest().text)
            }
            #expect(seen.last?.contains("memvec_connections 2.0\n") == true)
            #expect(third.hasSuffix(Self.alive))
        }
    }

    @Test(
        "heads that are too large are refused",
        arguments: [
            "GET /\(String(repeating: "a", count: 200_000)) HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /health HTTP/1.1\r\nHost: localhost\r\nA: \(String(repeating: "a", count: 17_000))\r\n\r\n",
            "GET /health HTTP/1.1\r\nHost: localhost\r\n\(String(repeating: "A: b\r\n", count: 101))\r\n",
        ])
    func largeHeads(_ text: String) async throws {
        let fixture = try ServiceFixture()
        try await RunningServer.with(fixture) { server in
            let refused = try await server.exchange(text)
            #expect(refused.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            #expect(try await server.exchange(Self.health).hasSuffix(Self.alive))
        }
    }

    @Test("who leaves in the middle leaves nothing behind")
    func earlyClosers() async throws {
        let fixture = try await ServiceFixture.withIndex()
        try await RunningServer.with(fixture) { server in
            let request = Array(RunningServer.onItems("GetIndex").utf8)
            for length in stride(from: 0, through: request.count, by: 7) {
                try await server.connected { _ = $0.send(Array(request[..<length])) }
            }
            await server.waitForMetric("memvec_connections 0.0")
            await server.waitForMetric(#"memvec_queue_length{queue="requests"} 0.0"#)
            #expect(try await server.exchange(Self.health).hasSuffix(Self.alive))
        }
    }

    @Test("a server that stops lets a request end, and takes no other")
    func gracefulStop() async throws {
        let fixture = try await ServiceFixture.withIndex()
        try await RunningServer.with(fixture) { server in
            let request = RunningServer.onItems("GetIndex", isLast: false)
            let answer = try await server.connected { peer in
                peer.send(String(request.dropLast(5)))
                server.wait(forMetric: #"memvec_queue_length{queue="requests"} 1.0"#)
                server.askToStop()
                server.waitForStop()
                peer.send(String(request.suffix(5)))
                return peer.rest().text
            }
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.contains(#""indexName":"items""#))
            await server.stop()
            await #expect(throws: POSIXError.self) { try await server.connected { _ in } }
        }
    }

    @Test("a server that stops waits for nobody longer than it may")
    func boundedStop() async throws {
        let fixture = try await ServiceFixture.withIndex()
        try await RunningServer.with(fixture, .local { $0.stopTime = .milliseconds(500) }) { server in
            let answer = try await server.connected { peer in
                peer.send(String(RunningServer.onItems("GetIndex").dropLast()))
                server.wait(forMetric: #"memvec_queue_length{queue="requests"} 1.0"#)
                server.askToStop()
                return peer.rest().text
            }
            #expect(!answer.contains(" 200 OK"))
            await server.stop()
        }
    }
}

/// Something that has happened or not.
final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
}
