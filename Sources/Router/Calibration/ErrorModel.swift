internal import CKernels
internal import Index

/// How far squared distances fall from what the index estimates, learned from candidates whose distance was measured.
///
/// The model is d = e + b + s sqrt(e) Z with the squared error b of the row's own code and s = 2 sqrt(b / dimension):
/// |q - x|^2 = |q - y|^2 - 2 <q - y, x - y> + |x - y|^2 for the decoded y, so that shift and spread of an estimate grow
/// with the error of its row. Z is not taken to be normal: its distribution is counted (``ChanceTable``), and a wrong
/// factor in b or s costs sharpness alone.
struct ErrorModel: Sendable {
    static let binCount = Int(MV_CHANCE_BINS)
    private static let reach = Float(MV_CHANCE_REACH)
    /// Candidates before which the distribution is not known well enough to be used.
    static let leastCount = 4_000.0
    /// Beyond so many older ones count half: the distribution follows the traffic.
    private static let mostCount = 4_000_000.0

    let dimension: Float
    private(set) var counts: [Double]
    private(set) var total: Double
    private var errorSum: Double
    /// Mean squared error of the codes of those that were measured.
    var meanError: Double { total > 0 ? errorSum / total : 0 }

    init(dimension: Int) {
        self.dimension = Float(dimension)
        counts = [Double](repeating: 0, count: Self.binCount)
        total = 0
        errorSum = 0
    }

    /// Nil for counts that make no sense.
    init?(dimension: Int, counts: [Double], meanError: Double) {
        guard counts.count == Self.binCount, (counts + [meanError]).allSatisfy({ $0.isFinite && $0 >= 0 }) else {
            return nil
        }
        self.init(dimension: dimension)
        self.counts = counts
        total = counts.reduce(0, +)
        errorSum = total * meanError
    }

    /// Squared errors by their byte.
    static let errors = (0...255).map { ErrorByte.decode(UInt8($0)) }

    /// Counts a candidate whose distance was measured. It must not have been chosen for its distance: those that are at
    /// hand came nearer than estimated, as a rule, or they would not be.
    mutating func note(estimate: Float, codeError: UInt8, squaredDistance: Float) {
        let error = Self.errors[Int(codeError)], estimate = max(estimate, 0)
        let z = (squaredDistance - estimate - error) / mv_chance_spread(estimate, error, dimension)
        guard z.isFinite else { return }
        let bin = Int((min(max(z, -Self.reach), Self.reach) + Self.reach) * Float(Self.binCount) / (2 * Self.reach))
        counts[min(bin, Self.binCount - 1)] += 1
        total += 1
        errorSum += Double(error)
        if total > Self.mostCount {
            for bin in counts.indices { counts[bin] /= 2 }
            total /= 2
            errorSum /= 2
        }
    }

    var isReady: Bool { total >= Self.leastCount }

    var table: ChanceTable { ChanceTable(counts: counts, total: total, meanError: Float(meanError)) }
}

/// The distribution of Z at one moment.
final class ChanceTable: Sendable {
    /// As the kernels take it: what lies below the reach, the bins, what lies above.
    let shares: [Float]
    /// Squared, of the codes of candidates.
    let meanError: Float

    init(counts: [Double], total: Double, meanError: Float) {
        self.meanError = meanError
        var sum = 0.0
        // Half a candidate more: what was not seen yet is not impossible.
        shares =
            [0]
            + counts.map { count in
                sum += count
                return Float((sum + 0.5) / (total + 1))
            } + [1]
    }

    /// How many of the candidates, by estimate, are worth a look: behind them all together are expected to be at most
    /// `share` of the k nearest. The rows' own errors are not asked for yet, which would cost more than it saves.
    func depth(of candidates: [Candidate], k: Int, dimension: Int, share: Double) -> Int {
        // Sound: both arrays live through the call, with the lengths that are said.
        let estimates = candidates.map { max($0.estimate, 0) }
        return unsafe mv_chance_depth(
            shares, estimates, estimates.count, k, meanError, Float(dimension), Float(share))
    }
}
