internal import CFaiss

/// Finds centroids and codebooks by FAISS's k-means, whose nearest-centroid search is ours (BLAS and kernels).
public struct Trainer: Sendable {
    public var settings: IndexSettings
    public var dimension: Int
    /// Rounds of k-means for the lists and for each sub space. More rounds move recall by less than 0.001 on SIFT.
    public var coarseRounds = 10
    public var codebookRounds = 16
    public var threadCount: Int
    /// The same seed and sample give the same index, whatever the thread count.
    public var seed: Int64 = 1234

    public init(settings: IndexSettings, dimension: Int, threadCount: Int) {
        self.settings = settings
        self.dimension = dimension
        self.threadCount = threadCount
    }

    /// - Parameters:
    ///   - sample: prepared vectors, width floats each (``Preparation``), in random order.
    ///   - training: the number that the codes will carry; not 0.
    ///   - progress: called now and then with the share that is done; false ends the training.
    /// - Throws: ``IndexError/tooFewRows(count:needed:)``, ``IndexError/cancelled``,
    ///   ``IndexError/faiss(operation:text:)``.
    /// - Complexity: sample x lists x width multiplications a round: 20 s for 156,000 x 4,000 x 128 on two cores. Run
    ///   it on a thread of its own. Holds, beside the sample, 65,536 residuals and half a copy of them.
    public func train(
        sample: [Float], training: UInt32, progress: (Double) -> Bool = { _ in true }
    ) throws(IndexError) -> Quantizer {
        precondition(training != 0)
        let width = Preparation.width(of: dimension), count = sample.count / width
        let needed = max(settings.listCount, 256)
        guard count >= needed else { throw .tooFewRows(count: count, needed: needed) }
        guard settings.fits(dimension: dimension) else {
            throw .factory(settings.factory, why: "it does not fit dimension \(dimension)")
        }
        var centroids = [Float](repeating: 0, count: settings.listCount * width)
        var codebooks = [Float](repeating: 0, count: 256 * width)
        var error = mvf_error()
        let shape = settings.shape(dimension: dimension)
        let code = withoutActuallyEscaping(progress) { progress in
            unsafe withUnsafePointer(to: progress) { progress in
                var how = unsafe mvf_training(
                    coarse_rounds: Int32(coarseRounds), codebook_rounds: Int32(codebookRounds),
                    threads: Int32(threadCount), seed: Int32(truncatingIfNeeded: seed), progress: nil, context: nil)
                // The pointer is used only until mvf_train returns.
                unsafe how.context = UnsafeMutableRawPointer(mutating: progress)
                unsafe how.progress = { context, share in
                    guard let context = unsafe context else { return 0 }
                    let goesOn = unsafe context.assumingMemoryBound(to: ((Double) -> Bool).self).pointee(share)
                    return goesOn ? 0 : 1
                }
                return unsafe mvf_train(shape, count, sample, how, &centroids, &codebooks, &error)
            }
        }
        defer { mvf_trim_memory() }
        try IndexError.check(code, "be trained", error)
        return Quantizer(
            training: training, dimension: dimension, settings: settings, centroids: centroids, codebooks: codebooks)
    }
}
