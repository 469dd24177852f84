import Foundation
import MemVec
import S3Vectors
import Testing
import Text
import Vectors

@testable import Server

@Suite("what the dashboard asks for")
struct DashboardTests {
    private static let all = Principal(
        keys: SigningKeys(accessKey: "ALL", secretKey: "s"), buckets: nil, isReadOnly: false)
    private static let reader = Principal(
        keys: SigningKeys(accessKey: "READ", secretKey: "s"), buckets: ["demo"], isReadOnly: true)

    private func get(_ path: String) -> Call { Call(method: "GET", path: path) }

    private func explain(_ body: String) -> Call {
        Call(method: "POST", path: "/v1/collections/demo/items/explain", body: Array(body.utf8))
    }

    private func signed(_ call: Call, _ principal: Principal) -> Call {
        var call = call
        call.headers = [(name: "host", value: "127.0.0.1")]
        let request = SignableRequest(
            method: call.method, path: call.path, headers: call.headers,
            bodyHash: Digest.hexadecimal(Digest.sha256(call.body)))
        call.headers += SigV4Signer(region: "us-east-1").headers(
            for: request, keys: principal.keys, at: SigningTime(seconds: Int(ServiceFixture.now)))
        return call
    }

    @Test(
        "the page and its files, which load nothing from elsewhere",
        arguments: [
            ("/", "text/html"), ("/dashboard/style.css", "text/css"), ("/dashboard/icon.svg", "image/svg+xml"),
            ("/dashboard/app.js", "text/javascript"), ("/dashboard/charts.js", "text/javascript"),
            ("/dashboard/collection.js", "text/javascript"), ("/dashboard/documents.js", "text/javascript"),
            ("/dashboard/explain.js", "text/javascript"), ("/dashboard/overview.js", "text/javascript"),
            ("/dashboard/page.js", "text/javascript"), ("/dashboard/server.js", "text/javascript"),
        ])
    func files(_ path: String, _ type: String) async throws {
        let fixture = try ServiceFixture { $0.accessKeys = AccessKeys([Self.all]) }
        let reply = await fixture.service.respond(to: get(path))
        #expect(reply.status == 200 && reply["content-type"]?.hasPrefix(type) == true)
        #expect(reply["content-security-policy"]?.contains("default-src 'none'") == true)
        #expect(reply["x-content-type-options"] == "nosniff" && reply["cache-control"] == "no-store")
        let text = String(decoding: reply.body, as: UTF8.self)
        #expect(!text.isEmpty)
        for foreign in text.matches(of: /https?:\/\/[^\s"']*/) {
            #expect(foreign.output == "http://www.w3.org/2000/svg", "\(path) names \(foreign.output)")
        }
    }

    @Test("no file beside them, and what the page has to know before it signs")
    func server() async throws {
        let fixture = try ServiceFixture {
            $0.region = "eu-north-1"
            $0.accessKeys = AccessKeys([Self.all])
        }
        let known = await fixture.service.call(get("/dashboard/server.json"))
        #expect(known.text("region") == "eu-north-1" && known.body["keys"] == .boolean(true))
        for path in ["/dashboard/", "/dashboard/../index.html", "/dashboard/app.js/x", "/index.html"] {
            #expect(await fixture.service.respond(to: get(path)).status == 404)
        }
    }

    @Test("a snapshot says what /metrics says, and what is where")
    func snapshot() async throws {
        let fixture = try await ServiceFixture.withIndex()
        try await fixture.put(#"{"key":"a","data":{"float32":[1,0]}},{"key":"b","data":{"float32":[0,1]}}"#)
            .expectFine()
        for _ in 0..<3 {
            try await fixture.onItems("QueryVectors", #""topK":2,"queryVector":{"float32":[1,0]}"#).expectFine()
        }
        let told = await fixture.service.call(get("/v1/snapshot"))
        try told.expectFine()
        #expect(told.body["rights"]?["keys"] == .boolean(false) && told.body["rights"]?["write"] == .boolean(false))
        let metrics = fixture.service.metrics.text
        for (name, metric) in [("ram", "ram"), ("warm", "warm"), ("cold", "cold")] {
            let number = try #require(told.body["hits"]?[name]?.text)
            #expect(metrics.contains("memvec_hits_total{tier=\"\(metric)\"} \(number)\n"))
        }
        #expect(told.body["answers"]?["exact"] == .integer(3) || told.body["answers"]?["complete"] == .integer(3))
        let query = try #require(told.body["requests"]?["QueryVectors"])
        #expect(query["count"] == .integer(3) && query["5xx"] == .integer(0))
        #expect((query["p50"]?.double ?? 0) > 0)
        // Those who look are not counted.
        #expect(told.body["requests"]?["unknown"] == nil)

        let item = try #require(told.list("collections").first)
        #expect(
            item["bucket"] == .string("demo") && item["index"] == .string("items") && item["open"] == .boolean(true))
        #expect(item["statistics"]?["rows"] == .integer(2) && item["texts"] == .boolean(false))
        #expect(item["statistics"]?["tiers"]?["warmRows"] == .integer(2))
        #expect(item["traffic"]?["queries"] == .integer(3) && item["traffic"]?["localQueries"] == .integer(3))
        guard case .array(let heat)? = item["heat"] else { return #expect(Bool(false), "no heat") }
        #expect(heat.compactMap(\.double).reduce(0, +) == 2)
        await fixture.service.catalog.close()
    }

    @Test("only what is open has numbers; to describe it opens it, with its last hour")
    func describe() async throws {
        let fixture = try await ServiceFixture.withIndex()
        let closed = await fixture.service.call(get("/v1/snapshot"))
        #expect(closed.list("collections").first?["open"] == .boolean(false))
        try await fixture.onItems("QueryVectors", #""topK":1,"queryVector":{"float32":[1,0]}"#).expectFine()
        fixture.service.tallies.sample(at: 7)
        let told = await fixture.service.call(get("/v1/collections/demo/items"))
        #expect(told.body["open"] == .boolean(true) && told.list("history").count == 1)
        #expect(told.list("history").first?["time"] == .number(7))
        #expect(await fixture.service.call(get("/v1/collections/demo/none")).status == 404)
        let names = await fixture.service.call(get("/v1/collections"))
        #expect(names.list("collections").first?.text == #"{"bucket":"demo","index":"items"}"#)
        await fixture.service.catalog.close()
    }

    @Test("keys see their buckets alone, and what they may do")
    func rights() async throws {
        let fixture = try ServiceFixture { $0.accessKeys = AccessKeys([Self.all, Self.reader]) }
        let service = fixture.service
        for bucket in ["demo", "other"] {
            let body = Array(#"{"vectorBucketName":"\#(bucket)"}"#.utf8)
            try await service.call(signed(Call(method: "POST", path: "/CreateVectorBucket", body: body), Self.all))
                .expectFine()
            let index =
                #"{"vectorBucketName":"\#(bucket)","indexName":"items","dataType":"float32","dimension":2,"#
                + #""distanceMetric":"cosine"}"#
            try await service.call(
                signed(Call(method: "POST", path: "/CreateIndex", body: Array(index.utf8)), Self.all)
            )
            .expectFine()
        }
        for path in ["/v1/snapshot", "/v1/events", "/v1/collections", "/v1/collections/demo/items"] {
            await service.call(get(path)).expect("MissingAuthenticationTokenException", 403, "Missing")
        }
        let mine = await service.call(signed(get("/v1/snapshot"), Self.reader))
        #expect(mine.list("collections").count == 1)
        #expect(
            mine.body["rights"]?["write"] == .boolean(false) && mine.body["rights"]?["accessKey"] == .string("READ"))
        let everything = await service.call(signed(get("/v1/snapshot"), Self.all))
        #expect(everything.list("collections").count == 2 && everything.body["rights"]?["write"] == .boolean(true))
        await service.call(signed(get("/v1/collections/other/items"), Self.reader))
            .expect("AccessDeniedException", 403, "User: READ is not authorized to perform: DescribeCollection")
        try await service.call(signed(explain(#"{"vector":[1,0]}"#), Self.reader)).expectFine()
        await fixture.service.catalog.close()
    }

    @Test("explains a query by vector and by key, and counts it as no use")
    func explaining() async throws {
        let remote = try await RemoteFixture(keepsVectors: false)
        let service = remote.served.service
        for body in [#"{"vector":[3,1],"k":5}"#, #"{"key":"k3","k":5}"#] {
            let told = await service.call(explain(body))
            try told.expectFine()
            #expect(told.list("hits").first?["key"] == .string("k3"))
            #expect(told.body["provenance"]?["milliseconds"]?["total"]?.double ?? 0 > 0)
        }
        #expect(service.tallies.tally(of: IndexName(bucket: "demo", index: "items")) == IndexTally())
        await service.catalog.close()
    }

    @Test(
        "refuses explanations of nothing",
        arguments: [
            ("{", 400, "not JSON"), ("[]", 400, "not an object"), ("{}", 400, "give one of"),
            (#"{"key":"a","text":"b"}"#, 400, "give one of"), (#"{"vector":["x"]}"#, 400, "element 0"),
            (#"{"vector":[1,2,3]}"#, 400, "this collection holds 2"), (#"{"vector":[1,2],"k":0}"#, 400, "1 to 1,000"),
            (#"{"vector":[1,2],"top":1}"#, 400, "top is not known"),
            (#"{"key":"none"}"#, 404, "no vector with the key"),
            (#"{"text":"words"}"#, 400, "does not say what embeds"), (#"{"text":" "}"#, 400, "text must be"),
            (#"{"vector":[1,2],"filter":{"a":{"$near":1}}}"#, 400, "Invalid filter"),
        ])
    func refusedExplanations(_ body: String, _ status: Int, _ message: String) async throws {
        let fixture = try await ServiceFixture.withIndex()
        let answer = await fixture.service.call(explain(body))
        #expect(answer.status == status && answer.message?.contains(message) == true, "\(answer.message ?? "")")
        await fixture.service.catalog.close()
    }

    @Test("events come one after the other, to no more readers than may be, and end with the server")
    func events() async throws {
        let fixture = try await ServiceFixture.withIndex(), service = fixture.service
        var replies: [Reply] = []
        for _ in 0..<ListenerCount.limit { replies.append(await service.respond(to: get("/v1/events"))) }
        #expect(replies.allSatisfy { $0.events != nil && $0["content-type"] == "text/event-stream" })
        #expect(service.listeners.now == ListenerCount.limit)
        await service.call(get("/v1/events")).expect("ServiceUnavailableException", 503, "Currently unable")
        replies = []
        #expect(service.listeners.now == 0)
        let reply = await service.respond(to: get("/v1/events")), source = try #require(reply.events)
        let piece = String(decoding: try #require(await source.piece()), as: UTF8.self)
        #expect(piece.hasPrefix("event: snapshot\ndata: {") && piece.hasSuffix("}\n\n"))
        service.announceStop()
        #expect(await source.piece() == nil)
        await service.catalog.close()
    }

    @Test("events come over a socket, and whoever goes is no reader any more")
    func streaming() async throws {
        let fixture = try await ServiceFixture.withIndex()
        try await RunningServer.with(fixture) { server in
            let text = try await server.connected { peer in
                peer.send("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
                var received: [UInt8] = []
                while let some = peer.next() {
                    received += some
                    if String(decoding: received, as: UTF8.self).split(separator: "event: snapshot").count > 2 { break }
                }
                return String(decoding: received, as: UTF8.self)
            }
            #expect(text.contains("text/event-stream"))
            while fixture.service.listeners.now > 0 { await Task.yield() }
        }
    }
}

@Suite("what is counted for each index")
struct TallyTests {
    private let name = IndexName(bucket: "demo", index: "items")

    @Test("samples are kept for an hour")
    func samples() {
        let book = TallyBook()
        #expect(book.tally(of: name) == IndexTally() && book.samples(of: name).isEmpty)
        for time in 0..<400 {
            book.note(name) { $0.add([.ram, .warm, .cold, .index]) }
            book.sample(at: Double(time))
        }
        let samples = book.samples(of: name)
        #expect(samples.count == TallyBook.sampleLimit && samples.last?.time == 399 && samples.first?.time == 40)
        #expect(samples.last?.tally.other == 400 && samples.first?.tally.ram == 41)
        book.forget(name)
        #expect(book.samples(of: name).isEmpty)
    }

    @Test("quantiles of a histogram lie within the bounds of their bucket")
    func quantiles() throws {
        let series = HistogramSeries(bounds: [0.001, 0.01, 0.1])
        #expect(series.quantile(0.5) == nil)
        for _ in 0..<50 { series.recordNanoseconds(500_000) }
        for _ in 0..<50 { series.recordNanoseconds(5_000_000) }
        #expect(try #require(series.quantile(0.5)) == 0.001)
        #expect(abs(try #require(series.quantile(0.75)) - 0.0055) < 1e-9)
        series.recordNanoseconds(9_000_000_000)
        #expect(series.quantile(1) == 0.1 && series.count == 101)
    }
}
