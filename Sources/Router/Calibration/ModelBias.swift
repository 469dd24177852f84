/// What audits have lost beside what the model expected of them, at the levels of their time.
struct ModelBias: Sendable, Equatable, Codable {
    private var lost = 0.0
    private var expected = 0.0
    private var count = 0

    /// By what an expected loss is to be multiplied, at most 1: as if one answer more had been lost whole, as it was
    /// expected to be, so that few audits change little.
    var factor: Double { min(1, (lost + 1) / (expected + 1)) }

    /// - Parameter limit: audits beyond which older ones count half.
    mutating func note(lost: Double, expected: Double, limit: Int) {
        if count >= limit { (self.lost, self.expected, count) = (self.lost / 2, self.expected / 2, count / 2) }
        self.lost += lost
        self.expected += expected
        count += 1
    }

    /// Whether a file may have said it.
    var isSound: Bool { [lost, expected].allSatisfy { $0 >= 0 && $0 < 1e15 } && (0...1 << 40).contains(count) }
}
