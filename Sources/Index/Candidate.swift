public import Vectors

/// A row that the index proposes.
public struct Candidate: Sendable, Equatable {
    public let row: Row
    /// Squared L2 distance between the prepared vectors (``Preparation``), as the index estimates it.
    public let estimate: Float

    public init(row: Row, estimate: Float) {
        self.row = row
        self.estimate = estimate
    }

    /// The estimate as a distance of the metric: the root for euclidean; half the square for cosine, whose prepared
    /// vectors have length 1 (|a - b|^2 = 2 - 2 cos).
    public static func distance(ofEstimate estimate: Float, _ metric: Metric) -> Float {
        let square = max(estimate, 0)
        return metric == .euclidean ? square.squareRoot() : min(square / 2, 2)
    }
}
