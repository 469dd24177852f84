internal import CKernels
public import Vectors

/// Exact distances between vectors in memory, by the one definition that the product has.
public enum Distances {
    /// Calls `body` with position of the query, position of the vector, and distance, for each pair.
    ///
    /// - Parameters: `queries` and `vectors` hold `dimension` values each, one behind the other.
    public static func forEachPair(
        _ queries: [Float], _ vectors: [Float], dimension: Int, metric: Metric, _ body: (Int, Int, Float) -> Void
    ) {
        let kind = Int32(metric == .cosine ? MV_COSINE : MV_EUCLIDEAN)
        unsafe queries.withUnsafeBufferPointer { queries in
            unsafe vectors.withUnsafeBufferPointer { vectors in
                guard let first = queries.baseAddress, let base = vectors.baseAddress else { return }
                var kernels = unsafe (0..<queries.count / dimension).map {
                    unsafe mv_query_make(kind, first + $0 * dimension, dimension)
                }
                for v in 0..<vectors.count / dimension {
                    for q in unsafe kernels.indices {
                        body(q, v, unsafe mv_distance(&kernels[q], base + v * dimension))
                    }
                }
            }
        }
    }
}
