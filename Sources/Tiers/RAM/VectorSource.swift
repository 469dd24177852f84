public import Vectors

/// Where vectors can be copied from, by row: row blocks, a batch that was fetched, what leaves the RAM tier.
public protocol VectorSource: Sendable {
    /// Calls `body` with the position in `rows` and the vector, for each row that is at hand, in any order. The span
    /// is readable during the call of `body` only.
    func forEachVector(of rows: [Row], _ body: (Int, Span<Float>) -> Void)
}

/// Vectors by row in memory of their own, row-major.
public struct RowVectors: VectorSource {
    public private(set) var rows: [Row] = []
    public private(set) var values: [Float] = []
    public let dimension: Int

    public init(dimension: Int) { self.dimension = dimension }

    /// - Parameter values: `dimension` values for each row, in the order of `rows`.
    public init(rows: [Row], values: [Float], dimension: Int) {
        precondition(values.count == rows.count * dimension, "\(values.count) values for \(rows.count) rows")
        self.rows = rows
        self.values = values
        self.dimension = dimension
    }

    public mutating func append(_ row: Row, _ vector: Span<Float>) {
        precondition(vector.count == dimension, "\(vector.count) values of dimension \(dimension)")
        rows.append(row)
        for i in 0..<dimension { values.append(vector[i]) }
    }

    /// The vector at `position` of `rows`.
    public func withVector<R>(at position: Int, _ body: (Span<Float>) -> R) -> R {
        body(values.span.extracting((position * dimension)..<((position + 1) * dimension)))
    }

    public func forEachVector(of wanted: [Row], _ body: (Int, Span<Float>) -> Void) {
        // What is admitted is nearly always the batch itself; else a scan of some tens of rows.
        if wanted == rows {
            for position in rows.indices { withVector(at: position) { body(position, $0) } }
            return
        }
        for (index, row) in wanted.enumerated() {
            if let position = rows.firstIndex(of: row) { withVector(at: position) { body(index, $0) } }
        }
    }
}
