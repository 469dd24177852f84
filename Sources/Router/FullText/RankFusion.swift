/// Joins rankings whose numbers cannot be compared, by their ranks alone.
///
/// Reciprocal rank fusion: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion Outperforms Condorcet and Individual
/// Rank Learning Methods", SIGIR 2009: the sum of weight / (60 + rank), ranks from 1, over the rankings that have it.
public enum RankFusion {
    /// The paper's constant: the larger, the less the first ranks stand out.
    public static let constant = 60.0

    /// Items in an order, and how much that order counts.
    public struct Ranking<Item: Hashable> {
        /// Best first, each once.
        public let items: [Item]
        /// How much it counts beside the others.
        public let weight: Double

        /// A ranking, best first, each item once.
        public init(_ items: [Item], weight: Double = 1) {
            self.items = items
            self.weight = weight
        }
    }

    /// All items of all rankings, each with its sum, in no order.
    public static func fuse<Item: Hashable>(_ rankings: [Ranking<Item>]) -> [Item: Double] {
        var sums: [Item: Double] = [:]
        for ranking in rankings {
            for (at, item) in ranking.items.enumerated() {
                sums[item, default: 0] += ranking.weight / (constant + Double(at + 1))
            }
        }
        return sums
    }
}
