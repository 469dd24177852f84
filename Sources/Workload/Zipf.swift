internal import Glibc

/// Ranks drawn by Zipf's law: rank r of `count` (0 = hottest) with a share in proportion to (r + 1)^-exponent.
public struct Zipf: Sendable {
    /// `cumulative[r]` is the share of ranks 0...r; the last one is 1.
    private let cumulative: [Double]

    /// O(count) time and 8 bytes a rank.
    public init(count: Int, exponent: Double) {
        precondition(count > 0, "a distribution over \(count) ranks")
        var table = [Double](repeating: 0, count: count)
        var sum = 0.0
        for rank in 0..<count {
            sum += pow(Double(rank + 1), -exponent)
            table[rank] = sum
        }
        for rank in 0..<count { table[rank] /= sum }
        cumulative = table
    }

    /// The first rank whose cumulative share is above one draw. O(log count).
    public func draw(_ random: inout SplitMix64) -> Int {
        let wanted = random.unit()
        var low = 0
        var high = cumulative.count
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] > wanted { high = middle } else { low = middle + 1 }
        }
        return min(low, cumulative.count - 1)
    }
}
