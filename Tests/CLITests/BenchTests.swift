import ArgumentParser
import ChildProcesses
import Foundation
import MemVec
import Synchronization
import Testing
import Vectors
import Workload

@testable import CLI

@Suite("the load test")
struct BenchTests {
    @Test("percentiles are those of the times, within a thousandth")
    func percentiles() {
        var latencies = LatencyHistogram()
        for milliseconds in (1...1000).shuffled() { latencies.record(nanoseconds: UInt64(milliseconds) * 1_000_000) }
        for (share, wanted) in [(0.001, 1.0), (0.5, 500), (0.95, 950), (0.99, 990), (0.999, 999), (1, 1000)] {
            #expect(abs(latencies.percentile(share) / wanted - 1) <= 0.001, "p\(100 * share)")
        }
        #expect(abs(latencies.meanMilliseconds - 500.5) < 0.5 && latencies.count == 1000)
        #expect(latencies.buckets.reduce(0) { $0 + $1[1] } == 1000)
        #expect(LatencyHistogram().percentile(0.5) == 0)
    }

    @Test("an open loop counts the wait for a store that stalls once, in every query that was due meanwhile")
    func stall() async {
        let gate = Gate(stallAt: 20, for: .milliseconds(400))
        var open = LoadRun(loop: .open(rate: 500)) { try await gate.pass($0) }
        open.sampled = [3, 200]
        let (tally, seconds) = await open.run(0..<250) { _ in }
        #expect(tally.answerCount == 250 && tally.errorCount == 0)
        #expect(seconds >= 0.49, "the last query is due after 0.498 s")
        // 200 queries were due while it stalled: the share that waited 100 ms and more is about 150 of 250.
        #expect(tally.latencies.percentile(0.99) >= 380, "p99 \(tally.latencies.percentile(0.99)) ms")
        #expect(tally.latencies.percentile(0.5) >= 100, "p50 \(tally.latencies.percentile(0.5)) ms")
        #expect(tally.sampled.keys.sorted() == [3, 200])
    }

    @Test("a client that waits is delayed by a stall once")
    func waitingClient() async {
        let gate = Gate(stallAt: 20, for: .milliseconds(400))
        let (tally, _) = await LoadRun(loop: .closed(clients: 1)) { try await gate.pass($0) }.run(0..<250) { _ in }
        #expect(tally.answerCount == 250)
        #expect(tally.latencies.maxMilliseconds >= 400 && tally.latencies.percentile(0.99) < 380)
    }

    @Test("queries that fail are counted by the code of their error, and the others go on")
    func failures() async {
        let load = LoadRun(loop: .closed(clients: 3)) { number in
            if number % 10 == 0 { throw MemVecError.closed }
            return Answer(hits: [], provenance: Provenance())
        }
        let (tally, _) = await load.run(0..<100) { _ in }
        #expect(tally.answerCount == 90 && tally.errors == [MemVecError.closed.code: 10])
        #expect(tally.firstError == "\(MemVecError.closed)")
    }

    @Test("a timeline merges its windows, and loses no answer")
    func timeline() {
        var timeline = Timeline()
        var provenance = Provenance()
        for number in 0..<10_000 {
            provenance.cold.requestCount = number < 5_000 ? 1 : 0
            timeline.add(Answer(hits: [], provenance: provenance), latency: 1_000_000, at: UInt64(number) * 1_000_000)
        }
        let windows = timeline.windows
        #expect(windows.count <= Timeline.windowLimit && windows.count > Timeline.windowLimit / 4)
        #expect(windows.map(\.use.queries).reduce(0, +) == 10_000)
        #expect(windows.first?.use.localShare == 0 && windows.last?.use.localShare == 1)
        #expect(abs((windows.last?.seconds ?? 0) - 9.999) < 1e-6)
        #expect(timeline.whole.map(\.use.queries).reduce(0, +) == 10_000)
        #expect(timeline.whole.last.map { $0.use.queries > windows[0].use.queries / 2 } == true)
    }

    @Test("lists make every combination, and a policy may hold a comma")
    func matrix() throws {
        let cells = try BenchMatrix.parse([
            "--cache", "1,20", "--candidates", "50,200", "--policy", "off,threshold:280,best,calibrated",
        ]).cells
        #expect(cells.count == 12)
        #expect(cells[1].name == "1 % in RAM, 50 candidates, threshold:280,best")
        #expect(cells[11].name == "20 % in RAM, 200 candidates, calibrated")
        #expect(try BenchMatrix.parse([]).cells.map(\.name) == ["5 % in RAM"])
        for wrong in [["--cache", "0"], ["--cache", "1,"], ["--candidates", "x"], ["--policy", "sometimes"]] {
            #expect(throws: (any Error).self) { try BenchMatrix.parse(wrong) }
        }
    }

    @Test("traffic is that of the generators, and a trace's numbers stand for vectors")
    func traffic() throws {
        let vectors = (0..<40).map { [Float($0), 1] }
        var shape = BenchTraffic.Shape()
        (shape.noise, shape.seed, shape.kind) = (0, 5, .drift)
        let drift = try BenchTraffic(shape, around: vectors, count: 101)
        let wanted = ObjectTrace.drift.requests(objects: 40, count: 104, seed: 5)
        #expect((0..<drift.count).map { drift.vector($0)[0] } == wanted.prefix(101).map { Float($0) })
        let folder = try TemporaryFolder()
        try Data([7, 0, 0, 0, 41, 0, 0, 0]).write(to: URL(fileURLWithPath: folder.path + "/t.u32"))
        shape.kind = .trace(path: folder.path + "/t.u32")
        let trace = try BenchTraffic(shape, around: vectors, count: 10)
        #expect((0..<trace.count).map { trace.vector($0)[0] } == [7, 1])
        (shape.kind, shape.noise) = (.noisy, nil)
        #expect(abs(try BenchTraffic(shape, around: [[3, 4]], count: 1).noise - 3 * 0.18 * 12.5.squareRoot()) < 1e-6)
        #expect(TrafficKind(argument: "log:a.jsonl") == .log(path: "a.jsonl"))
        #expect(TrafficKind(argument: "log:") == nil && TrafficKind(argument: "zipfian") == nil)
    }

    @Test("a matrix in front of a simulated store: a report of each cell, and the collection as it was")
    func command() async throws {
        let folder = try TemporaryFolder()
        try await Self.fill(folder, count: 2_000)
        let before = try await MemvecProcess.run("stats", folder.collection, "--json").objects.first
        let report = folder.path + "/report.json"
        let end = try await MemvecProcess.run(
            "bench", folder.collection, "--simulate-latency", "2ms", "--cache", "5,20", "--policy", "off,calibrated",
            "--candidates", "50", "--count", "200", "--warmup", "50", "--recall-sample", "50", "--seed", "9",
            "--report", report)
        #expect(end.status == 0, "\(end.errors)")
        #expect(end.output.contains("calibrated") && end.errors.contains("cell 4 of 4"))
        let said = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: report))) as? [String: Any])
        #expect(said["kind"] as? String == "memvec bench" && (said["machine"] as? [String: Any])?["cores"] is Int)
        let cells = try #require(said["cells"] as? [[String: Any]])
        #expect(cells.count == 4)
        for cell in cells {
            let latency = try #require(cell["latency"] as? [String: Any])
            let buckets = try #require(latency["buckets"] as? [[Int]])
            #expect(buckets.reduce(0) { $0 + $1[1] } == 200 && cell["queries"] as? Int == 200)
            let store = try #require(cell["store"] as? [String: Any])
            #expect((store["requests"] as? Int ?? 0) > 0 && (store["dollarsPerMillion"] as? Double ?? 0) > 0)
            let retained = try #require(cell["retainedRecall"] as? Double),
                recall = try #require(cell["recall"] as? Double)
            #expect(retained > 0.9 && retained <= 1 && recall > 0.8 && recall <= 1)
            #expect((cell["errors"] as? [String: Any])?.isEmpty == true)
            #expect((cell["timeline"] as? [[String: Any]])?.isEmpty == false)
        }
        let after = try await MemvecProcess.run("stats", folder.collection, "--json").objects.first
        for name in ["commit", "rows", "dead", "journal"] { #expect(after?[name] as? Int == before?[name] as? Int) }
    }

    @Test("samples are spread evenly, and a recall is of those that were sampled")
    func samples() {
        #expect(RecallSample.numbers(4, of: 10..<20) == [10, 12, 15, 17])
        #expect(RecallSample.numbers(9, of: 3..<5) == [3, 4] && RecallSample.numbers(5, of: 3..<3).isEmpty)
        let truth = RecallSample(answers: [1: hits("a", "b"), 2: hits("c", "d")])
        #expect(truth.recall(of: [1: hits("b", "a"), 2: hits("c", "x"), 3: hits("y")]) == 0.75)
        #expect(truth.recall(of: [3: hits("y")]) == nil)
        // As near as the last true neighbour is as good as it.
        #expect(truth.recall(of: [2: hits("c", "x", at: 2)]) == 1)
    }

    /// Hits at distances 1, 2, 3 ..., or the last of them at `distance`, or too far to be a neighbour.
    private func hits(_ keys: String..., at distance: Float? = nil) -> [Hit] {
        keys.enumerated().compactMap { place, text in
            guard let key = try? VectorKey(text) else { return nil }
            let far: Float = ["x", "y"].contains(text) ? 9 : Float(place + 1)
            return Hit(row: nil, key: key, distance: distance ?? far, isExact: true, source: .ram)
        }
    }

    @Test("a local collection is asked alone, the same seed draws the same queries, and a log is replayed")
    func local() async throws {
        let folder = try TemporaryFolder()
        try await Self.fill(folder, count: 300)
        let log = try folder.write("log.jsonl", (0..<30).map { Lines.line($0) }.joined())
        var hits: [[String: Int]] = []
        for workload in ["zipf", "zipf", "log:\(log)"] {
            let end = try await MemvecProcess.run(
                "bench", folder.collection, "--workload", workload, "--count", "25", "--warmup", "5", "--rate", "2000",
                "--cache", "50", "--json")
            let cell = try #require((end.objects.first?["cells"] as? [[String: Any]])?.first, "\(end.errors)")
            #expect(cell["queries"] as? Int == 25 && cell["recall"] as? Double == 1 && cell["store"] == nil)
            hits.append((cell["use"] as? [String: Any])?["candidates"] as? [String: Int] ?? [:])
        }
        #expect(hits[0] == hits[1])
        let short = try await MemvecProcess.run(
            "bench", folder.collection, "--workload", "log:\(log)", "--warmup", "30")
        #expect(short.status == 2 && short.errors.contains("--warmup is 30, and there are 30 queries"))
    }

    private static func fill(_ folder: TemporaryFolder, count: Int) async throws {
        _ = try await MemvecProcess.run("create", folder.collection, "--dimension", "3", "--metric", "euclidean")
        var random = SplitMix64(seed: 4)
        let lines = (0..<count).map { number in
            Lines.line(number, vector: "[\(random.normal()),\(random.normal()),\(random.normal())]")
        }
        let end = try await MemvecProcess.run("import", folder.collection, "-", input: lines.joined())
        guard end.status == 0 else { throw TemporaryFolder.Unexpected(end: end) }
    }
}

/// A store that serves one after another, and stalls once.
private actor Gate {
    private let stallAt: Int
    private let stall: Duration
    private var until: ContinuousClock.Instant?

    init(stallAt: Int, for stall: Duration) {
        self.stallAt = stallAt
        self.stall = stall
    }

    func pass(_ number: Int) async throws -> Answer {
        if number == stallAt { until = ContinuousClock.now + stall }
        // tidy: allow(honest-tests) the stall itself is what is measured
        if let until, until > .now { try await Task.sleep(until: until, clock: .continuous) }
        return Answer(hits: [], provenance: Provenance())
    }
}
