internal import Glibc
internal import Synchronization

/// Fetches nothing when the present rows are about as near as answers in the same region have been before.
///
/// The rule of QVCache (arXiv 2602.02057): the query is a hit when its k-th present distance is at most (1 + D) times
/// its region's mark; after a miss the mark becomes p times the k-th distance of the whole answer and 1 - p times what
/// it was. Regions are boxes of ``QVCacheRegions``. A mark is a mean, so nothing bounds what is lost, and a region that
/// was never seen never hits: it is here to be compared with.
public struct QVCache: ShortCircuitPolicy {
    let regions: QVCacheRegions
    /// D: 0.25 in the published example; negative values are stricter.
    let slack: Float

    public var name: String { slack == Self.usualSlack ? "qvcache" : "qvcache:\(slack)" }
    static let usualSlack: Float = 0.25

    init(_ regions: QVCacheRegions, slack: Float) {
        self.regions = regions
        self.slack = slack
    }

    public func decide(_ situation: Situation) -> Decision {
        let k = situation.k
        if k > 0, situation.present.count >= k, let mark = regions.mark(of: situation.query, k: k),
            situation.present[k - 1] <= (1 + slack) * mark
        {
            return Decision(fetch: [])
        }
        return Decision(fetch: Array(situation.missing.indices))
    }

    public func observe(_ query: [Float], k: Int, distances: [Float]) {
        guard k > 0, distances.count == k else { return }
        regions.learn(distances[k - 1], of: query, k: k)
    }
}

/// The regions of one collection and their marks, in memory alone: boxes of equal width along the principal axes of the
/// first queries.
public final class QVCacheRegions: Sendable {
    static let axisCount = 16
    static let binCount = 8
    /// Weight of the newest distance in a mark.
    static let weight: Float = 0.9
    /// Queries that the axes are made of.
    static let sampleCount = 500
    /// More regions than this are not learned: 32 MB or so.
    private static let regionLimit = 500_000

    private struct Box: Hashable {
        let place: UInt64
        let k: Int
    }
    private struct State {
        var sample: [[Float]] = []
        var axes: PrincipalAxes?
        var marks: [Box: Float] = [:]
    }
    private let state = Mutex(State())

    /// Nothing learned yet.
    public init() {}

    func mark(of query: [Float], k: Int) -> Float? {
        state.withLock { state in state.axes.flatMap { state.marks[Self.box(query, k, $0)] } }
    }

    func learn(_ distance: Float, of query: [Float], k: Int) {
        state.withLock { state in
            guard let axes = state.axes else {
                state.sample.append(query)
                if state.sample.count == Self.sampleCount {
                    state.axes = PrincipalAxes(of: state.sample, count: Self.axisCount)
                    state.sample = []
                }
                return
            }
            let box = Self.box(query, k, axes)
            if let old = state.marks[box] {
                state.marks[box] = Self.weight * distance + (1 - Self.weight) * old
            } else if state.marks.count < Self.regionLimit {
                state.marks[box] = distance
            }
        }
    }

    private static func box(_ query: [Float], _ k: Int, _ axes: PrincipalAxes) -> Box {
        var place: UInt64 = 0
        for share in axes.shares(of: query) {
            place = place * UInt64(binCount) + UInt64(min(max(share * Double(binCount), 0), Double(binCount - 1)))
        }
        return Box(place: place, k: k)
    }
}

/// The directions in which a sample spreads most, by orthogonal iteration. In double: of what a vector may hold fourth
/// powers are summed up.
struct PrincipalAxes: Sendable {
    private let mean: [Double]
    private let axes: [[Double]]
    private let ranges: [ClosedRange<Double>]
    private static let roundCount = 20

    /// - Parameter sample: vectors of one dimension, at least one.
    init(of sample: [[Float]], count: Int) {
        let dimension = sample[0].count, size = Double(sample.count)
        var mean = [Double](repeating: 0, count: dimension)
        for vector in sample { for at in mean.indices { mean[at] += Double(vector[at]) / size } }
        let centred = sample.map { vector in mean.indices.map { Double(vector[$0]) - mean[$0] } }
        // Any directions will do to begin with, if they are different.
        var axes = (0..<min(count, dimension)).map { axis in
            (0..<dimension).map { cos(Double(($0 + 1) * (axis + 1))) }
        }
        for _ in 0..<Self.roundCount {
            axes = axes.map { axis in
                var next = [Double](repeating: 0, count: dimension)
                for vector in centred {
                    let along = Self.product(vector, axis)
                    for at in next.indices { next[at] += along * vector[at] }
                }
                return next
            }
            Self.makeOrthonormal(&axes)
        }
        self.mean = mean
        self.axes = axes
        ranges = axes.map { axis in
            let places = centred.map { Self.product($0, axis) }
            return (places.min() ?? 0)...(places.max() ?? 0)
        }
    }

    /// Where a vector lies in the sample's range along each axis: 0 to 1 within it.
    func shares(of vector: [Float]) -> [Double] {
        let centred = mean.indices.map { Double(vector[$0]) - mean[$0] }
        return zip(axes, ranges).map { axis, range in
            let width = range.upperBound - range.lowerBound
            return width > 0 ? (Self.product(centred, axis) - range.lowerBound) / width : 0
        }
    }

    private static func product(_ a: [Double], _ b: [Double]) -> Double {
        var sum: Double = 0
        for at in a.indices { sum += a[at] * b[at] }
        return sum
    }

    private static func makeOrthonormal(_ axes: inout [[Double]]) {
        for axis in axes.indices {
            for earlier in 0..<axis {
                let along = product(axes[axis], axes[earlier])
                for at in axes[axis].indices { axes[axis][at] -= along * axes[earlier][at] }
            }
            let length = product(axes[axis], axes[axis]).squareRoot()
            for at in axes[axis].indices { axes[axis][at] = length > 1e-20 ? axes[axis][at] / length : 0 }
        }
    }
}
