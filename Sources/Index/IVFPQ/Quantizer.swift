internal import CFaiss
internal import CKernels
internal import Dispatch
public import Storage

/// A trained IVF-PQ quantiser: the centroids and codebooks that FAISS's k-means found, laid out for our kernels.
///
/// Immutable. It is all that stays of a training; FAISS's own copies are gone.
// Sendable is true because the memory is written in init only. @safe because every kernel is given lengths that were
// checked here.
@safe public final class Quantizer: @unchecked Sendable {
    /// Which training this is; never 0. Codes of another training mean nothing here.
    public let training: UInt32
    public let settings: IndexSettings
    /// Of the vectors as the caller has them, and padded.
    public let dimension: Int
    public let width: Int

    /// One allocation: centroids, their squares, codebooks, squares of the codewords, mean of the centroids. Owned.
    private let memory: UnsafeMutablePointer<Float>
    private let floatCount: Int
    /// `lists` is left out: the index adds its own.
    let kernel: mv_ivf

    private var centroidSquares: UnsafePointer<Float> { unsafe UnsafePointer(memory + settings.listCount * width) }

    /// - Parameters:
    ///   - centroids: lists x width.
    ///   - codebooks: code bytes x 256 x (width / code bytes), FAISS's order.
    init(training: UInt32, dimension: Int, settings: IndexSettings, centroids: [Float], codebooks: [Float]) {
        let width = Preparation.width(of: dimension), nlist = settings.listCount, m = settings.codeBytes
        let subWidth = width / m, booksAt = nlist * (width + 1)
        let normsAt = booksAt + 256 * width, meanAt = normsAt + 256 * m
        precondition(training != 0 && centroids.count == nlist * width && codebooks.count == 256 * width)
        self.training = training
        self.settings = settings
        self.dimension = dimension
        self.width = width
        floatCount = meanAt + width
        // Aligned, so that no load of a centroid crosses two cache lines.
        let raw = UnsafeMutableRawPointer.allocate(byteCount: 4 * floatCount, alignment: 64)
        unsafe memory = raw.bindMemory(to: Float.self, capacity: floatCount)
        unsafe memory.update(from: centroids, count: centroids.count)
        for list in 0..<nlist {
            let centroid = unsafe memory + list * width
            unsafe memory[nlist * width + list] = unsafe mv_dot(centroid, centroid, width)
        }
        for sub in 0..<m {
            for word in 0..<256 {
                var square: Float = 0
                for s in 0..<subWidth {
                    let value = codebooks[(sub * 256 + word) * subWidth + s]
                    unsafe memory[booksAt + (sub * subWidth + s) * 256 + word] = value
                    square += value * value
                }
                unsafe memory[normsAt + sub * 256 + word] = square
            }
        }
        for i in 0..<width {
            let sum = (0..<nlist).reduce(0.0) { $0 + Double(centroids[$1 * width + i]) }
            unsafe memory[meanAt + i] = Float(sum / Double(nlist))
        }
        unsafe kernel = unsafe mv_ivf(
            d: UInt32(width), nlist: UInt32(nlist), m: UInt32(m), centroids: memory, mean: memory + meanAt,
            codebooks: memory + booksAt,
            norms: memory + normsAt, lists: nil)
    }

    deinit { unsafe memory.deallocate() }

    var shape: mvf_shape {
        settings.shape(dimension: dimension)
    }

    /// Bytes held.
    public var byteCount: Int { 4 * floatCount }

    /// lists x width.
    func withCentroids<R>(_ body: (UnsafePointer<Float>) throws(IndexError) -> R) throws(IndexError) -> R {
        unsafe try body(UnsafePointer(memory))
    }

    /// The codebooks in FAISS's order, as `init` took them.
    var codebooks: [Float] {
        let m = settings.codeBytes, subWidth = width / m, booksAt = settings.listCount * (width + 1)
        var out = [Float](repeating: 0, count: 256 * width)
        for sub in 0..<m {
            for word in 0..<256 {
                for s in 0..<subWidth {
                    out[(sub * 256 + word) * subWidth + s] =
                        unsafe memory[booksAt + (sub * subWidth + s) * 256 + word]
                }
            }
        }
        return out
    }

    /// Codes prepared vectors, ``width`` floats each.
    ///
    /// - Parameter threadCount: for large batches. A few rows are coded on the caller's thread.
    /// - Complexity: a row against all centroids, then against 256 codewords in each sub space: about 0.06 ms alone,
    ///   0.02 ms in a batch, at 128 dimensions and 4,000 lists.
    public func encode(_ prepared: [Float], threadCount: Int = 1) throws(IndexError) -> RowCodes {
        let count = prepared.count / width
        var codes = RowCodes(training: training, codeBytes: settings.codeBytes)
        codes.lists = try assign(prepared, count: count, threadCount: threadCount)
        codes.errors = [UInt8](repeating: 0, count: count)
        codes.codes = [UInt8](repeating: 0, count: count * settings.codeBytes)
        let lists = codes.lists, m = settings.codeBytes, width = width
        unsafe codes.codes.withUnsafeMutableBufferPointer { out in
            unsafe codes.errors.withUnsafeMutableBufferPointer { errors in
                unsafe prepared.withUnsafeBufferPointer { vectors in
                    // Each slice writes its own part of the two buffers.
                    let place = unsafe Place(
                        codes: out.baseAddress, errors: errors.baseAddress, vectors: vectors.baseAddress)
                    let sliceCount = count < 1024 ? 1 : threadCount
                    DispatchQueue.concurrentPerform(iterations: sliceCount) { slice in
                        guard let codes = unsafe place.codes, let errors = unsafe place.errors,
                            let vectors = unsafe place.vectors
                        else { return }
                        var kernel = unsafe self.kernel
                        for i in slice * count / sliceCount..<(slice + 1) * count / sliceCount {
                            var error: Float = 0
                            unsafe mv_ivf_encode(&kernel, lists[i], vectors + i * width, codes + i * m, &error)
                            unsafe errors[i] = ErrorByte.encode(error)
                        }
                    }
                }
            }
        }
        return codes
    }

    /// Below this count exact distances to all centroids, one row after the other, beat a call of BLAS.
    private static let smallBatch = 8

    private func assign(_ prepared: [Float], count: Int, threadCount: Int) throws(IndexError) -> [UInt32] {
        var lists = [UInt32](repeating: 0, count: count)
        if count < Self.smallBatch {
            unsafe prepared.withUnsafeBufferPointer { vectors in
                guard let base = vectors.baseAddress else { return }
                var kernel = unsafe self.kernel
                for i in 0..<count { lists[i] = unsafe mv_ivf_nearest_list(&kernel, base + i * width) }
            }
            return lists
        }
        var error = mvf_error()
        let code = unsafe mvf_assign(
            count, prepared, UInt32(width), UInt32(settings.listCount), memory, centroidSquares, Int32(threadCount),
            &lists, &error)
        try IndexError.check(code, "assign lists", error)
        return lists
    }

    // True because each iteration touches its own rows.
    @safe private struct Place: @unchecked Sendable {
        let codes: UnsafeMutablePointer<UInt8>?
        let errors: UnsafeMutablePointer<UInt8>?
        let vectors: UnsafePointer<Float>?
    }
}
