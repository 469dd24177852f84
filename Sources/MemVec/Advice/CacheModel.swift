internal import Glibc

/// How often a cache of a given size would have what is asked for, foretold from how often each row was used.
///
/// Popularity is estimated by absolute discounting (Ney, Essen and Kneser, 1994): each row that was seen gives up D of
/// its uses, D = n1 / (n1 + 2 n2) of those seen once and twice, for the rows that were not seen. Two caches stand for
/// what a policy can do: one that holds the rows that are asked for most (perfect LFU), and LRU by the approximation of
/// Che, Tung and Wang (2002; why it is so good: Fricker, Robert and Roberts, 2012), where a row is present with the
/// chance 1 - exp(-p T) and T is such that as many are present as fit. A policy lies between or beyond them: where, is
/// taken from one size at which the share of hits was seen, and kept for others.
public struct CacheModel: Sendable {
    /// Shares of all uses, the largest first, of rows that were seen.
    private let popularity: [Double]
    /// `cumulative[n]` of the `n` most popular ones.
    private let cumulative: [Double]
    /// Of each row that was not seen.
    private let unseenPopularity: Double
    private let unseenCount: Int
    /// The weight of perfect LFU beside LRU.
    private var weight = 0.5
    /// What is added to the logarithm of the odds of a hit.
    private var shift = 0.0

    /// - Parameters:
    ///   - uses: of each row that has any, in any order.
    ///   - rowCount: of all rows.
    public init(uses: [Int], rowCount: Int) {
        let uses = uses.filter { $0 > 0 }.sorted(by: >)
        let all = Double(max(1, uses.reduce(0, +)))
        let once = Double(uses.count { $0 == 1 }), twice = Double(uses.count { $0 == 2 })
        unseenCount = max(0, rowCount - uses.count)
        let discount = unseenCount == 0 || once == 0 ? 0 : once / (once + 2 * twice)
        popularity = uses.map { (Double($0) - discount) / all }
        unseenPopularity =
            unseenCount == 0 || uses.isEmpty ? 0 : discount * Double(uses.count) / all / Double(unseenCount)
        var sum = 0.0, sums = [0.0]
        sums.reserveCapacity(popularity.count + 1)
        for share in popularity {
            sum += share
            sums.append(sum)
        }
        cumulative = sums
    }

    /// Whether anything is known to foretell from.
    public var isEmpty: Bool { popularity.isEmpty }

    /// The share of uses that `rows` rows in the cache answer, 0...1.
    public func hitShare(rows: Int) -> Double {
        guard rows > 0, !isEmpty else { return 0 }
        guard rows < popularity.count + unseenCount else { return 1 }
        let share = weight * mostUsed(rows) + (1 - weight) * leastRecent(rows)
        guard shift != 0 else { return share }
        return 1 / (1 + exp(-Self.logOdds(share) - shift))
    }

    private static func logOdds(_ share: Double) -> Double { log(max(1e-9, share) / max(1e-9, 1 - share)) }

    /// Takes over that a cache of `rows` rows was seen to answer `share` of the uses.
    public mutating func calibrate(rows: Int, seen share: Double) {
        guard rows > 0, rows < popularity.count + unseenCount, !isEmpty else { return }
        // None and all have no odds.
        let share = min(0.999, max(0.001, share))
        let best = mostUsed(rows), least = leastRecent(rows)
        weight = best - least > 1e-6 ? min(1, max(0, (share - least) / (best - least))) : 0.5
        shift = 0
        shift = Self.logOdds(share) - Self.logOdds(hitShare(rows: rows))
    }

    private func mostUsed(_ rows: Int) -> Double {
        let seen = min(rows, popularity.count)
        return min(1, cumulative[seen] + Double(rows - seen) * unseenPopularity)
    }

    private func leastRecent(_ rows: Int) -> Double {
        var low = 0.0, high = 1.0
        while present(high).rows < Double(rows), high < 1e18 { high *= 2 }
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if present(middle).rows < Double(rows) { low = middle } else { high = middle }
        }
        return min(1, present(high).uses)
    }

    /// Rows that are present on average, and the share of uses that meet them, if each stays for `time` uses.
    private func present(_ time: Double) -> (rows: Double, uses: Double) {
        var rows = 0.0, uses = 0.0
        for share in popularity {
            let chance = -expm1(-share * time)
            rows += chance
            uses += share * chance
        }
        let chance = -expm1(-unseenPopularity * time)
        return (rows + chance * Double(unseenCount), uses + chance * unseenPopularity * Double(unseenCount))
    }
}
