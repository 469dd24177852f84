internal import CKernels
public import Vectors

/// What the index makes of a vector before it looks at it: length 1 under cosine, then zeros up to a multiple of 8.
public struct Preparation: Sendable, Equatable {
    public let dimension: Int
    public let metric: Metric
    /// `dimension` rounded up to a multiple of 8, so that product quantiser codes divide it.
    public var width: Int { Self.width(of: dimension) }

    static func width(of dimension: Int) -> Int { (dimension + 7) / 8 * 8 }

    public init(dimension: Int, metric: Metric) {
        self.dimension = dimension
        self.metric = metric
    }

    /// `values` holds some vectors of `dimension` one behind the other; the result as many of ``width``.
    public func prepare(_ values: [Float]) -> [Float] {
        if metric == .euclidean, width == dimension { return values }
        let count = values.count / dimension
        var out = [Float](repeating: 0, count: count * width)
        for i in 0..<count {
            let vector = values[i * dimension..<(i + 1) * dimension]
            let scale = metric == .cosine ? Self.inverseNorm(vector) : 1
            var at = i * width
            for value in vector {
                out[at] = value * scale
                at += 1
            }
        }
        return out
    }

    /// In double precision: the square of a large float32 has no float32.
    private static func inverseNorm(_ vector: ArraySlice<Float>) -> Float {
        let square = vector.reduce(0.0) { $0 + Double($1) * Double($1) }
        return square > 0 ? Float(1 / square.squareRoot()) : 0
    }
}
