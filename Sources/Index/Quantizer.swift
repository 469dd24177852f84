internal import CFaiss
internal import CKernels
internal import Dispatch
internal import Glibc
public import Storage

/// A trained IVF-PQ quantiser: the centroids and codebooks that FAISS found, laid out for our kernels.
///
/// Immutable after training. The FAISS index it came from stays, with empty lists: it assigns large batches through
/// BLAS, and writes snapshots.
// Sendable is true because the memory is written in init only; FAISS's assign is const. @safe because every kernel is
// given lengths that were checked here.
@safe public final class Quantizer: @unchecked Sendable {
    /// Which training this is; never 0. Codes of another training mean nothing here.
    public let training: UInt32
    public let settings: IndexSettings
    /// Of the vectors as the caller has them, and padded.
    public let dimension: Int
    public let width: Int

    let faiss: OpaquePointer
    private let memory: UnsafeMutablePointer<Float>
    private let floatCount: Int
    /// `lists` is left out: the index adds its own.
    let kernel: mv_ivf

    /// Takes over `faiss`, an mvf_index that is trained.
    init(faiss: OpaquePointer, training: UInt32) {
        let shape = unsafe mvf_shape_of(faiss)
        let width = Int(shape.inner_d), nlist = Int(shape.nlist), m = Int(shape.m), dsub = width / m
        unsafe self.faiss = unsafe faiss
        self.training = training
        self.dimension = Int(shape.d)
        self.width = width
        settings = IndexSettings(listCount: nlist, codeBytes: m)
        floatCount = nlist * width + 256 * width + 256 * m
        unsafe memory = .allocate(capacity: floatCount)
        unsafe memory.initialize(repeating: 0, count: floatCount)
        let books = unsafe memory + nlist * width, norms = unsafe books + 256 * width
        unsafe mvf_copy_centroids(faiss, memory)
        var plain = [Float](repeating: 0, count: 256 * width)
        unsafe plain.withUnsafeMutableBufferPointer { unsafe mvf_copy_codebooks(faiss, $0.baseAddress) }
        for sub in 0..<m {
            for word in 0..<256 {
                var norm: Float = 0
                for s in 0..<dsub {
                    let value = plain[(sub * 256 + word) * dsub + s]
                    unsafe books[(sub * dsub + s) * 256 + word] = value
                    norm += value * value
                }
                unsafe norms[sub * 256 + word] = norm
            }
        }
        unsafe kernel = unsafe mv_ivf(
            d: UInt32(width), nlist: shape.nlist, m: shape.m, centroids: memory, codebooks: books, norms: norms,
            lists: nil)
    }

    deinit {
        unsafe memory.deallocate()
        unsafe mvf_destroy(faiss)
    }

    /// Bytes held: our copy, FAISS's copy of the same, and the heads of its empty lists.
    public var byteCount: Int { 4 * (2 * floatCount - 256 * settings.codeBytes) + settings.listCount * 48 }

    /// Codes prepared vectors, ``width`` floats each.
    ///
    /// - Parameter threadCount: for large batches. A few rows are coded on the caller's thread.
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
                            var term: Float = 0, error: Float = 0
                            unsafe mv_ivf_encode(
                                &kernel, lists[i], vectors + i * width, codes + i * m, &term, &error)
                            unsafe errors[i] = ErrorByte.encode(error)
                        }
                    }
                }
            }
        }
        return codes
    }

    /// Below this count exact distances to all centroids, one row after the other, beat a call of BLAS.
    private static let smallBatch = 20

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
        let code = unsafe lists.withUnsafeMutableBufferPointer { lists in
            unsafe prepared.withUnsafeBufferPointer { vectors in
                unsafe mvf_assign(faiss, count, vectors.baseAddress, lists.baseAddress, Int32(threadCount), &error)
            }
        }
        guard code == 0 else { throw .faiss(operation: "assign lists", text: FaissText.of(error)) }
        return lists
    }

    // True because each iteration touches its own rows.
    @safe private struct Place: @unchecked Sendable {
        let codes: UnsafeMutablePointer<UInt8>?
        let errors: UnsafeMutablePointer<UInt8>?
        let vectors: UnsafePointer<Float>?
    }
}

/// The squared error of a row's code as one byte on a log scale: six steps to a doubling, 2^-21 to 2^21.
public enum ErrorByte {
    public static func encode(_ squaredError: Float) -> UInt8 {
        guard squaredError > 0 else { return 0 }
        return UInt8(max(0, min(255, (6 * log2f(squaredError) + 128).rounded())))
    }

    /// The squared error in the middle of the step.
    public static func decode(_ byte: UInt8) -> Float { exp2f((Float(byte) - 128) / 6) }
}

enum FaissText {
    /// FAISS's text without the names of its source files.
    static func of(_ error: mvf_error) -> String {
        let text = unsafe withUnsafeBytes(of: error.text) { bytes in
            unsafe String(decoding: unsafe bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return String(text.split(separator: ": ").last ?? "")
    }
}
