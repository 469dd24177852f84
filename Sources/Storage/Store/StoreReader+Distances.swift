internal import CKernels
public import Vectors

/// A query as the distance kernels want it.
public struct DistanceQuery: Sendable {
    public let values: [Float]
    public let metric: Metric

    public init(values: [Float], metric: Metric) {
        self.values = values
        self.metric = metric
    }

    /// Runs `body` with the kernel's form; valid inside it.
    func withKernel<R>(_ body: (UnsafePointer<mv_query>) throws -> R) rethrows -> R {
        try unsafe values.withUnsafeBufferPointer { values in
            let kind = Int32(metric == .cosine ? MV_COSINE : MV_EUCLIDEAN)
            var query = unsafe mv_query_make(kind, values.baseAddress, values.count)
            return try unsafe body(&query)
        }
    }

    /// The distance to one vector: the one definition of distance (``Metric``).
    public func distance(to vector: Span<Float>) -> Float {
        unsafe withKernel { query in
            unsafe vector.withUnsafeBufferPointer { vector in
                guard let base = vector.baseAddress else { return .nan }
                return unsafe mv_distance(query, base)
            }
        }
    }
}

extension StoreReader {
    /// Distances to `rows` whose vectors the store holds; NaN for the others.
    public func distances(from query: DistanceQuery, to rows: [Row]) throws -> [Float] {
        try unsafe query.withKernel { kernel in
            try rows.map { row in
                guard let bytes = unsafe try vectorBytes(row), let base = bytes.baseAddress else { return .nan }
                return unsafe mv_distance(kernel, base.assumingMemoryBound(to: Float.self))
            }
        }
    }

    /// Calls `body` with each row of `among` that the store holds, in order, and its distance to each of some queries.
    ///
    /// Reads each block that holds a wanted row once.
    /// - Parameters:
    ///   - queries: `dimension` values each, one behind the other.
    ///   - body: row, position of the query, distance.
    public func scan(
        _ queries: [Float], _ metric: Metric, among: RowSet, _ body: (Row, Int, Float) -> Void
    ) throws {
        let layout = store.layout, kind = Int32(metric == .cosine ? MV_COSINE : MV_EUCLIDEAN)
        try unsafe queries.withUnsafeBufferPointer { values in
            guard let base = values.baseAddress else { return }
            let kernels = unsafe (0..<values.count / layout.dimension).map {
                unsafe mv_query_make(kind, base + $0 * layout.dimension, layout.dimension)
            }
            unsafe try kernels.withUnsafeBufferPointer { kernels in
                unsafe try forEachVector(of: among) { row, vector in
                    for index in 0..<kernels.count {
                        var kernel = unsafe kernels[index]
                        body(row, index, unsafe mv_distance(&kernel, vector))
                    }
                }
            }
        }
    }

    private func forEachVector(of among: RowSet, _ body: (Row, UnsafePointer<Float>) -> Void) throws {
        let layout = store.layout, size = layout.rowsPerBlock
        var block = -1
        var vectors: UnsafePointer<Float>?
        for (wordIndex, word) in among.words.enumerated() where word != 0 {
            var rest = word
            while rest != 0 {
                let number = wordIndex * 64 + rest.trailingZeroBitCount
                rest &= rest - 1
                if number / size != block {
                    block = number / size
                    unsafe vectors = try blockVectors(UInt32(block))
                }
                if let vectors = unsafe vectors {
                    unsafe body(Row(UInt32(number)), vectors + number % size * layout.dimension)
                } else if let bytes = unsafe try get(store.tables.tail, UInt32(number)),
                    bytes.count == 4 * layout.dimension, let base = bytes.baseAddress
                {
                    unsafe body(Row(UInt32(number)), base.assumingMemoryBound(to: Float.self))
                }
            }
        }
    }

    private func blockVectors(_ block: UInt32) throws -> UnsafePointer<Float>? {
        guard let bytes = unsafe try get(store.tables.blocks, block), bytes.count == store.layout.byteCount else {
            return nil
        }
        return unsafe bytes.baseAddress.map {
            unsafe ($0 + store.layout.vectorOffset).assumingMemoryBound(to: Float.self)
        }
    }

    /// The vectors of `rows` one behind the other, and which rows were found.
    public func vectors(of rows: [Row]) throws -> (rows: [Row], values: [Float]) {
        var found: [Row] = [], values: [Float] = []
        found.reserveCapacity(rows.count)
        values.reserveCapacity(rows.count * store.layout.dimension)
        for row in rows {
            guard let bytes = unsafe try vectorBytes(row) else { continue }
            found.append(row)
            unsafe values.append(contentsOf: unsafe bytes.bindMemory(to: Float.self))
        }
        return (found, values)
    }
}
