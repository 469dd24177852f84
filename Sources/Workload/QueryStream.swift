/// Queries that gather around centres, each with noise of its own: no query comes twice, and yet some regions are asked
/// for far more often than others.
///
/// A query is made when it is asked for, and is the same each time: a stream of a million takes four bytes each.
public struct QueryStream: Sendable {
    /// For each query the row of `base` that it was drawn around.
    public let centres: [UInt32]
    public let dimension: Int
    private let base: [Float]
    private let sigma: Float
    /// Before the first value of noise.
    private let random: SplitMix64

    public struct Settings: Sendable {
        public var count: Int
        public var exponent = 0.99
        /// Standard deviation of the noise, per coordinate; 0 repeats the centres exactly.
        public var sigma: Float = 8
        public var seed: UInt64 = 7
        /// How many rows of the base may be centres; nil: all.
        public var pool: Int?
        /// Rotates the ranks, which makes another set of centres hot.
        public var shift = 0

        public init(count: Int) { self.count = count }
    }

    /// Centres drawn by Zipf's law.
    /// - Parameter base: row-major, `dimension` values a row.
    public init(around base: [Float], dimension: Int, _ settings: Settings) {
        precondition(dimension > 0 && base.count % dimension == 0, "\(base.count) values of dimension \(dimension)")
        var random = SplitMix64(seed: settings.seed)
        let baseCount = base.count / dimension
        let pool = settings.pool ?? baseCount
        let shuffled = random.permutation(baseCount)
        let zipf = Zipf(count: pool, exponent: settings.exponent)
        centres = (0..<settings.count).map { _ in shuffled[(zipf.draw(&random) + settings.shift) % pool] }
        self.base = base
        self.dimension = dimension
        sigma = settings.sigma
        self.random = random
    }

    /// Centres that are given, such as those of an ``ObjectTrace``.
    /// - Parameters:
    ///   - base: row-major, `dimension` values a row.
    ///   - centres: rows of `base`.
    public init(around base: [Float], dimension: Int, centres: [UInt32], sigma: Float, seed: UInt64) {
        precondition(dimension > 0 && base.count % dimension == 0, "\(base.count) values of dimension \(dimension)")
        precondition(centres.allSatisfy { Int($0) < base.count / dimension }, "a centre past the base's end")
        self.base = base
        self.dimension = dimension
        self.centres = centres
        self.sigma = sigma
        random = SplitMix64(seed: seed)
    }

    public var count: Int { centres.count }

    /// Query `number`, of `dimension` values.
    public func vector(_ number: Int) -> [Float] {
        let start = Int(centres[number]) * dimension
        guard sigma > 0 else { return Array(base[start..<start + dimension]) }
        var random = random.skipping(normals: number * dimension)
        return (start..<start + dimension).map { base[$0] + sigma * random.normal() }
    }
}
