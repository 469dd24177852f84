import MemVec
import Synchronization

/// Goes through the cells of a load test.
struct BenchRun {
    let stand: BenchStand
    let traffic: BenchTraffic
    let loop: LoadRun.Loop
    let k: Int
    /// What all cells ask alike.
    let options: QueryOptions
    /// Queries that are asked before it counts.
    let warmup: Int
    /// Seconds of what counts.
    let duration: Double?
    let sampleCount: Int

    /// What counts, by number.
    private var counted: Range<Int> { warmup..<max(warmup, traffic.count) }

    /// Those that were done before somebody interrupted.
    /// - Parameter done: told of each when it has ended.
    func outcomes(_ cells: [BenchCell], done: ([CellOutcome]) throws -> Void) async throws -> [CellOutcome] {
        let numbers = RecallSample.numbers(sampleCount, of: counted)
        let exact = try await exactSample(numbers)
        var retained: [Int?: RecallSample] = [:], outcomes: [CellOutcome] = []
        let clock = ContinuousClock(), began = clock.now
        for (at, cell) in cells.enumerated() where !Interruption.isAsked {
            if stand.store != .none, retained[cell.candidates] == nil {
                retained[cell.candidates] = try await retainedSample(numbers, cell.candidates)
            }
            let name = "cell \(at + 1) of \(cells.count) (\(cell.name))"
            var outcome = try await stand.asking(cell) { try await measure($0, cell, name, Set(numbers)) }
            guard !Interruption.isAsked else { break }
            outcome.recall = exact?.recall(of: outcome.tally.sampled)
            outcome.retainedRecall = retained[cell.candidates]?.recall(of: outcome.tally.sampled)
            outcomes.append(outcome)
            let left = (clock.now - began).seconds / Double(at + 1) * Double(cells.count - at - 1)
            Terminal.say(
                "\(name): \(outcome.tally.latencies.text), \(NumberText.count(Int(outcome.queriesPerSecond))) queries/s"
                    + (at + 1 < cells.count ? "; about \(NumberText.seconds(left)) left" : ""))
            try done(outcomes)
        }
        return outcomes
    }

    private func measure(
        _ collection: VectorCollection, _ cell: BenchCell, _ name: String, _ sampled: Set<Int>
    ) async throws -> CellOutcome {
        var options = options
        options.candidates = cell.candidates
        options.policy = cell.policy
        let asked = options
        var load = LoadRun(loop: loop) { [traffic, k] number in
            try await collection.query(traffic.vector(number), k: k, options: asked)
        }
        _ = await load.run(0..<min(warmup, traffic.count), progress: Self.line("\(name), warm-up", total: warmup))
        // What the warm-up left to be done is none of what counts.
        _ = try await collection.settledSpending()
        let before = try collection.coldTraffic
        load.duration = duration
        load.sampled = sampled
        let total = duration == nil ? counted.count : nil
        let (tally, seconds) = await load.run(counted, progress: Self.line(name, total: total))
        if Terminal.isInteractive { Terminal.sayOver("") }
        _ = try await collection.settledSpending()
        var outcome = CellOutcome(
            cell: cell, tally: tally, seconds: seconds, memory: try collection.statistics().bytes)
        if let before, let after = try collection.coldTraffic { outcome.traffic = after - before }
        outcome.calibration = try collection.calibration
        return outcome
    }

    private static func line(_ name: String, total: Int?) -> @Sendable (Int) -> Void {
        let progress = Mutex(Progress(name, total: total))
        return { done in progress.withLock { $0.update(done) } }
    }

    // MARK: What answers are judged by

    private func exactSample(_ numbers: [Int]) async throws -> RecallSample? {
        guard let folder = stand.exact, !numbers.isEmpty else { return nil }
        var options = options
        options.isExact = true
        return try await BenchStand.reading(folder) { try await sample(numbers, "exact answers", $0, options) }
    }

    private func retainedSample(_ numbers: [Int], _ candidates: Int?) async throws -> RecallSample? {
        guard !numbers.isEmpty else { return nil }
        var options = options
        options.candidates = candidates
        options.policy = .off
        options.coldPath = .get
        return try await stand.askingAll { try await sample(numbers, "answers from all candidates", $0, options) }
    }

    private func sample(
        _ numbers: [Int], _ name: String, _ collection: VectorCollection, _ options: QueryOptions
    ) async throws -> RecallSample {
        var progress = Progress(name, total: numbers.count)
        defer { progress.finish() }
        return try await RecallSample.asked(numbers, of: traffic, collection, k: k, options) { progress.update($0) }
    }
}
