import Foundation
import S3Vectors
import Testing
import Vectors

@testable import Server

@Suite("simulated faults")
struct SimulationTests {
    @Test("a spec is read")
    func spec() throws {
        let spec = try FaultSpec("429=0.05,503=0.25,timeout=0,applied-timeout=0.7;seed=7")
        #expect(spec.seed == 7)
        #expect(spec.shares.map(\.fault) == [.status(429), .status(503), .timeout, .appliedTimeout])
        #expect(spec.fault(at: 0.049) == .status(429) && spec.fault(at: 0.051) == .status(503))
        #expect(spec.fault(at: 0.31) == .appliedTimeout)
        #expect(try FaultSpec("late=0.1").fault(at: 0.1) == nil)
        for name in Fault.names {
            let spec = try FaultSpec("\(name)=1")
            #expect(spec.shares.map(\.fault.name) == [name])
        }
    }

    @Test(
        "a spec that is wrong is refused by what is wrong",
        arguments: [
            ("", "is not NAME=SHARE"), ("503", "is not NAME=SHARE"), ("504=0.1", "\"504\" is no fault"),
            ("503=2", "a share is a number"), ("503=x", "a share is a number"), ("503=nan", "a share is a number"),
            ("503=0.1,503=0.1", "is there twice"), ("503=0.6,429=0.6", "more than 1"), ("503=1;sed=7", "seed=NUMBER"),
            ("503=1;seed=-1", "seed=NUMBER"), ("503=0.1,", "is not NAME=SHARE"),
        ])
    func wrongSpec(_ text: String, _ what: String) throws {
        let error = #expect(throws: FaultSpecError.self) { try FaultSpec(text) }
        #expect(error?.description.contains(what) == true, "\(error?.description ?? "")")
    }

    @Test("what happens to a request follows from its number and the seed, in the shares that were asked for")
    func fates() throws {
        func fates(_ spec: String) throws -> [SimulatedFate] {
            let simulation = Simulation(latency: .milliseconds(80), faults: try FaultSpec(spec))
            return (0..<10_000).map { simulation.plan($0) }
        }
        let first = try fates("503=0.1,reset=0.05;seed=7")
        #expect(try first == fates("503=0.1,reset=0.05;seed=7"))
        #expect(try first.map(\.fault) != fates("503=0.1,reset=0.05;seed=8").map(\.fault))
        #expect((900...1100).contains(first.count { $0.fault == .status(503) }))
        #expect((420...580).contains(first.count { $0.fault == .reset }))
        #expect(first.allSatisfy { (.milliseconds(60)...(.milliseconds(100))).contains($0.delay) })
        #expect(Set(first.map(\.delay)).count > 9000)
        // Requests that are none of the API's have no number.
        let simulation = Simulation(faults: try FaultSpec("503=1"))
        #expect(simulation.plan(for: Call(method: "GET", path: "/health")) == nil)
        #expect(simulation.plan(for: Call(method: "POST", path: "/GetIndex")) == simulation.plan(0))
        #expect(simulation.plan(for: Call(method: "POST", path: "/GetIndex")) == simulation.plan(1))
    }

    private static let put = #""vectors":[{"key":"a","data":{"float32":[1,2]}}]"#

    /// Runs `body` with a server all of whose requests meet the fault.
    private func serve(
        _ fault: String, _ body: (RunningServer) async throws -> Void
    ) async throws {
        let fixture = try await ServiceFixture.withIndex()
        let simulation = Simulation(faults: try FaultSpec("\(fault)=1;seed=3"))
        try await RunningServer.with(fixture, .local { $0.simulation = simulation }, body)
    }

    private func isThere(_ server: RunningServer) async -> Bool {
        await server.fixture.onItems("GetVectors", #""keys":["a"]"#).keys == ["a"]
    }

    @Test(
        "a refusal has AWS's code, and does nothing",
        arguments: [
            ("408", "RequestTimeoutException"), ("429", "TooManyRequestsException"), ("500", "InternalServerException"),
            ("503", "ServiceUnavailableException"),
        ])
    func refusals(_ fault: String, _ code: String) async throws {
        try await serve(fault) { server in
            let answer = try await server.exchange(RunningServer.onItems("PutVectors", Self.put))
            #expect(answer.hasPrefix("HTTP/1.1 \(fault) "))
            #expect(answer.contains("x-amzn-errortype: \(code)\r\n") && answer.contains(#"{"message":""#))
            #expect(await !isThere(server))
            await server.waitForMetric(#"memvec_simulated_faults_total{fault="\#(fault)"} 1"#)
            // What watches the server is spared.
            #expect(try await server.exchange(RunningServer.request("GET /ready")).hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("a connection is reset, and nothing done")
    func reset() async throws {
        try await serve("reset") { server in
            let rest = try await server.connected { peer in
                peer.send(RunningServer.onItems("PutVectors", Self.put))
                return peer.rest()
            }
            #expect(rest.byteCount == 0 && rest.end == .reset)
            #expect(await !isThere(server))
        }
    }

    @Test("answers are cut, garbled or of another shape, and what was asked is done", arguments: [0, 1, 2])
    func damagedAnswers(_ which: Int) async throws {
        let fault = ["truncate", "garbage", "wrong-json"][which]
        try await serve(fault) { server in
            try await server.fixture.put(#"{"key":"b","data":{"float32":[1,2]}}"#).expectFine()
            _ = try await server.exchange(RunningServer.onItems("PutVectors", Self.put))
            #expect(await isThere(server))
            let answer = try await server.exchange(RunningServer.onItems("GetVectors", #""keys":["a","b"]"#))
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            let body = answer.split(separator: "\r\n\r\n", maxSplits: 1).last.map(String.init) ?? ""
            let declared = answer.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
            let length = Int(declared?.split(separator: " ").last ?? "") ?? -1
            let document = try? JSONValue(bytes: Array(body.utf8))
            switch fault {
            case "truncate": #expect(body.utf8.count == length / 2 && length > 30)
            case "garbage": #expect(document == nil && !body.isEmpty)
            default:
                #expect(document != nil && body.utf8.count == length)
                #expect(throws: WireError.self) { try GetVectors.Answer.read(Array(body.utf8)[...]) }
            }
        }
    }

    @Test("no answer comes; what was asked is done never, at once, or when the client has gone", arguments: [0, 1, 2])
    func noAnswer(_ which: Int) async throws {
        let fault = ["timeout", "applied-timeout", "late"][which]
        let path = FileManager.default.temporaryDirectory.appending(path: "access-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let log = try AccessLog(path: path)
        let fixture = try await ServiceFixture.withIndex()
        let simulation = Simulation(faults: try FaultSpec("\(fault)=1"))
        try await RunningServer.with(fixture, .local { ($0.simulation, $0.log) = (simulation, log) }) { server in
            let peer = try Peer(server.port)
            peer.send(RunningServer.onItems("PutVectors", Self.put))
            await server.waitForMetric(#"memvec_simulated_faults_total{fault="\#(fault)"} 1"#)
            if fault == "applied-timeout" { while await !isThere(server) { await Task.yield() } }
            #expect(await isThere(server) == (fault == "applied-timeout"))
            peer.close()
            // It is over when its line is written.
            while (try? String(contentsOfFile: path, encoding: .utf8))?.contains("\"fault\":\"\(fault)\"") != true {
                await Task.yield()
            }
            #expect(await isThere(server) == (fault != "timeout"))
        }
    }

    @Test("a server that stops does not wait for answers that never come")
    func stop() async throws {
        try await serve("timeout") { server in
            let rest = try await server.connected { peer in
                peer.send(RunningServer.onItems("PutVectors", Self.put))
                server.wait(forMetric: #"memvec_simulated_faults_total{fault="timeout"} 1"#)
                server.askToStop()
                return peer.rest()
            }
            #expect(rest.byteCount == 0)
            await server.stop()
        }
    }
}
