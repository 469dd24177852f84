internal import CFaiss

/// Finds centroids and codebooks by k-means, through FAISS.
public struct Trainer: Sendable {
    public var settings: IndexSettings
    public var dimension: Int
    /// Rounds of k-means for the lists and for each sub space. More rounds move recall by less than 0.001 on SIFT.
    public var coarseRounds = 10
    public var codebookRounds = 16
    /// OpenMP threads of FAISS. Its threads spin when the machine is busy.
    public var threadCount: Int
    public var seed: Int64 = 1234

    public init(settings: IndexSettings, dimension: Int, threadCount: Int) {
        self.settings = settings
        self.dimension = dimension
        self.threadCount = threadCount
    }

    /// - Parameters:
    ///   - sample: prepared vectors, width floats each (``Preparation``).
    ///   - training: the number that the codes will carry; not 0.
    /// - Throws: ``IndexError``. Takes minutes for a million rows; run it on a thread of its own.
    public func train(sample: [Float], training: UInt32) throws(IndexError) -> Quantizer {
        precondition(training != 0)
        let width = (dimension + 7) / 8 * 8, count = sample.count / width
        let needed = max(settings.listCount, 256)
        guard count >= needed else { throw .tooFewRows(count: count, needed: needed) }
        var error = mvf_error()
        var made: OpaquePointer?
        guard
            unsafe mvf_create(
                UInt32(dimension), UInt32(settings.listCount), UInt32(settings.codeBytes), &made, &error) == 0,
            let faiss = unsafe made
        else { throw .faiss(operation: "be made", text: FaissText.of(error)) }
        let how = mvf_training(
            coarse_rounds: Int32(coarseRounds), pq_rounds: Int32(codebookRounds), threads: Int32(threadCount),
            seed: seed)
        let code = unsafe sample.withUnsafeBufferPointer {
            unsafe mvf_train(faiss, count, $0.baseAddress, how, &error)
        }
        guard code == 0 else {
            unsafe mvf_destroy(faiss)
            throw .faiss(operation: "be trained", text: FaissText.of(error))
        }
        return unsafe Quantizer(faiss: faiss, training: training)
    }
}
