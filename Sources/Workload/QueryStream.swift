/// Queries that gather around centres drawn by Zipf's law, each with noise of its own: no query comes twice, and yet
/// some regions are asked for far more often than others.
public struct QueryStream: Sendable {
    /// Row-major, `dimension` values a query.
    public let values: [Float]
    /// For each query the row of `base` that it was drawn around.
    public let centres: [UInt32]
    public let dimension: Int

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

    /// - Parameter base: row-major, `dimension` values a row.
    public init(around base: [Float], dimension: Int, _ settings: Settings) {
        precondition(dimension > 0 && base.count % dimension == 0, "\(base.count) values of dimension \(dimension)")
        var random = SplitMix64(seed: settings.seed)
        let baseCount = base.count / dimension
        let pool = settings.pool ?? baseCount
        let shuffled = random.permutation(baseCount)
        let zipf = Zipf(count: pool, exponent: settings.exponent)
        let centres = (0..<settings.count).map { _ in shuffled[(zipf.draw(&random) + settings.shift) % pool] }
        var values: [Float] = []
        values.reserveCapacity(settings.count * dimension)
        for centre in centres {
            let start = Int(centre) * dimension
            for i in start..<(start + dimension) {
                values.append(settings.sigma > 0 ? base[i] + settings.sigma * random.normal() : base[i])
            }
        }
        self.values = values
        self.centres = centres
        self.dimension = dimension
    }
}
