internal import Dispatch
internal import FoundationEssentials
internal import Index
internal import Storage
internal import Vectors

/// What a training did.
public struct TrainingReport: Sendable {
    /// As FAISS's factory spells it.
    public let factory: String
    /// Rows that it was trained on.
    public let sampleCount: Int
    /// Rows that are in the index.
    public let rowCount: Int
    /// Seconds of the training proper.
    public let trainSeconds: Double
    /// Seconds of coding the rows.
    public let encodeSeconds: Double
    /// Seconds of measuring the recall curve.
    public let curveSeconds: Double
    /// What the recall curve chose at the collection's recall; nil when no setting reaches it and queries scan.
    public let chosen: Choice?

    /// A setting of the index.
    public struct Choice: Sendable {
        /// Lists looked into.
        public let nprobe: Int
        /// Candidates looked at.
        public let candidates: Int
        /// Recall@10 on held-out rows.
        public let recall: Double
    }
}

extension VectorCollection {
    /// A scan of fewer rows is the cheaper way.
    static let autoTrainRows = 20_000
    /// Rows beyond which the index has outgrown its training.
    static let outgrown = 4
    /// Training rows a list; more moves recall by less than 0.001.
    static let sampleRowsPerList = 64
    static let heldOutCount = 600

    /// Trains the index anew on the rows there are, and swaps it in. Queries and writes go on meanwhile.
    ///
    /// - Parameter progress: stage and share of it done, 0...1.
    /// - Throws: ``MemVecError/tooFewRows(count:needed:)``, ``MemVecError/alreadyTraining``, `IndexError`.
    @discardableResult
    public func train(
        progress: @escaping @Sendable (String, Double) -> Void = { _, _ in }
    ) async throws -> TrainingReport {
        let engine = try writableEngine()
        guard training.begin() else { throw MemVecError.alreadyTraining }
        defer { training.end() }
        let settings = settings
        defer { engine.lateVectors.end() }
        let supply = try await engine.supply(progress: progress)
        let run = TrainingRun(engine: engine, supply: supply, settings: settings, progress: progress)
        return try await withCheckedThrowingContinuation { continuation in
            // Minutes of CPU: a thread of its own, not one of the pool's.
            Self.trainingThread.async {
                let result = Result { try run.build() }
                continuation.resume(with: result)
            }
        }.install(engine)
    }

    private static let trainingThread = DispatchQueue(label: "memvec.training", attributes: .concurrent)

    /// Starts a training in the background when it has become worth it.
    func trainIfWorthIt() {
        guard !training.isUnderWay, !isAttaching, isTrainingWorthIt else { return }
        Task { [weak self] in _ = try? await self?.train() }
    }

    /// Waits for a training under way, and trains at once if the collection has outgrown it meanwhile: for programs
    /// that are about to end, and with them the background.
    ///
    /// - Returns: what it trained itself; nil if it had no need to.
    @discardableResult
    public func settleTraining(
        progress: @escaping @Sendable (String, Double) -> Void = { _, _ in }
    ) async throws -> TrainingReport? {
        // A training takes seconds at least: looking up now and then costs nothing.
        while training.isUnderWay { try await Task.sleep(for: .milliseconds(20)) }
        return isTrainingWorthIt ? try await train(progress: progress) : nil
    }

    private var isTrainingWorthIt: Bool {
        guard settings.autoTrain, settings.index != "Flat", let engine = try? engine() else { return false }
        let live = Int(engine.store.counters.liveCount)
        let trainedRows = engine.index?.curve?.rowCount ?? 0
        return live >= Self.autoTrainRows && live >= trainedRows * Self.outgrown
    }

    /// Makes the index anew in the background, after its snapshot was found damaged.
    func rebuildIndex() { Task { [weak self] in _ = try? await self?.train() } }
}
