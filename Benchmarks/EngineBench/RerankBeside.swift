import Formats
import MemVec
import Workload

/// Queries of a service, alone and beside a batch job of the same process.
enum RerankBeside {
    private static let count = 4000, warmUp = 3000, pause = Duration.milliseconds(2)

    /// - Parameter folder: a trained collection whose keys are 0, 1, ...
    static func measure(_ folder: String, queries path: String) async throws {
        let collection = try await VectorCollection.open(at: folder)
        let vectors = try read(path)
        _ = try await ask(collection, vectors, warmUp, seed: 1)
        let alone = try await ask(collection, vectors, count, seed: 2)
        let rows = try await collection.count()
        let job = Task(priority: .background) { () -> Int in
            let lines = endless(vectors, rows)
            var done = 0
            do {
                for try await answer in collection.rerank(lines) where answer.problem == nil { done += 1 }
            } catch is CancellationError {}
            return done
        }
        // Its first answers, so that it is at work when the queries begin.
        _ = try await ask(collection, vectors, count / 4, seed: 3)
        let beside = try await ask(collection, vectors, count, seed: 2)
        job.cancel()
        let lines = try await job.value
        let times = beside.p99 / alone.p99
        print(
            "        queries alone: p50 \(text(alone.p50)), p99 \(text(alone.p99)) ms; beside a rerank: p50 "
                + "\(text(beside.p50)), p99 \(text(beside.p99)) ms; \(lines) lines were put in order meanwhile")
        Report.line("p99 of queries beside a rerank", times, "times that of alone", bar: "<= 2", isKept: times <= 2)
        let moved = 100 * abs(beside.ramShare - alone.ramShare)
        Report.line(
            "share of candidates found in RAM, moved by", moved, "points", bar: "<= 0.2", isKept: moved <= 0.2)
        try await collection.close()
    }

    private static func text(_ number: Double) -> String { "\((number * 1000).rounded() / 1000)" }

    private static func read(_ path: String) throws -> [[Float]] {
        let reader = try VectorFileReader(path: path)
        var vectors: [[Float]] = []
        while let batch = try reader.next(atMost: 1000) { vectors += (0..<batch.count).map { Array(batch.vector(at: $0)) } }
        return vectors
    }

    private static func ask(
        _ collection: VectorCollection, _ vectors: [[Float]], _ count: Int, seed: UInt64
    ) async throws -> (p50: Double, p99: Double, ramShare: Double) {
        var random = SplitMix64(seed: seed), times: [Double] = [], ram = 0, candidates = 0
        let ranks = Zipf(count: vectors.count, exponent: 0.99), clock = ContinuousClock()
        for _ in 0..<count {
            let start = clock.now
            let answer = try await collection.query(vectors[ranks.draw(&random)], k: 10)
            let took = (clock.now - start).components
            times.append(Double(took.seconds) * 1e3 + Double(took.attoseconds) * 1e-15)
            ram += answer.provenance.ramCount
            candidates += answer.provenance.candidateCount
            try await Task.sleep(for: pause)
        }
        times.sort()
        return (times[times.count / 2], times[times.count * 99 / 100], Double(ram) / Double(max(1, candidates)))
    }

    /// Lines of 100 keys each, without end.
    private static func endless(_ vectors: [[Float]], _ rows: Int) -> AsyncStream<RerankQuery> {
        let box = Generator(vectors: vectors, rows: rows)
        return AsyncStream { await box.next() }
    }

    private actor Generator {
        private var random = SplitMix64(seed: 11)
        private let vectors: [[Float]]
        private let rows: Int

        init(vectors: [[Float]], rows: Int) {
            self.vectors = vectors
            self.rows = rows
        }

        func next() -> RerankQuery? {
            let keys = (0..<100).map { _ in RerankCandidate("\(random.next() % UInt64(rows))") }
            return RerankQuery(
                vector: vectors[Int(random.next() % UInt64(vectors.count))], candidates: keys)
        }
    }
}
