internal import Vectors

/// Rows that queries have missed, and which of them are worth a fetch.
///
/// What the store charged for a query is laid, in equal parts, upon the rows that were missing. A row is worth a fetch
/// once its misses have cost ``patience`` times what its place in a full call costs. So fills never cost more than half
/// of what the queries before them did, whatever comes later; rows of regions that are asked for often come first; and
/// rows that are all that a query missed come at once, as the query would have been answered here with them.
struct MissedRows {
    /// At 1 the rows of regions that are seldom asked for push out those of others: 71 % of what the store alone would
    /// have taken instead of 67 % at 2 and 70 % at 4, on one training of 1,000,000 x 128 in `tools/bench dollars`.
    static let patience = 2.0

    /// What the misses of a row have come to.
    private struct Misses {
        var count = 0
        var dollars = 0.0
        var isWorthAFetch = false
    }

    private let bar: Double
    private let limit: Int
    private var misses: [Row: Misses] = [:]
    private var worthy: [Row] = []
    /// What the misses of these have cost.
    private var worthyDollars = 0.0

    /// - Parameters:
    ///   - placeDollars: of one place in a full call.
    ///   - limit: rows that are counted; with more, the half whose misses have cost least is forgotten.
    init(placeDollars: Double, limit: Int = 200_000) {
        bar = Self.patience * placeDollars
        self.limit = limit
    }

    /// Rows that are worth a fetch.
    var worthyCount: Int { worthy.count }

    /// Whether a call of `places` is to be made for them: when it is full, and before that once their misses have cost
    /// so much that the call is paid for twice all the same.
    func isDue(places: Int) -> Bool {
        worthy.count >= places || !worthy.isEmpty && worthyDollars >= bar * Double(places)
    }

    /// A query that cost `dollars` missed `rows`.
    mutating func note(_ rows: [Row], dollars: Double) {
        let share = dollars / Double(max(1, rows.count))
        for row in rows {
            var entry = misses[row] ?? Misses()
            entry.count += 1
            entry.dollars += share
            if entry.isWorthAFetch {
                worthyDollars += share
            } else if entry.dollars >= bar {
                entry.isWorthAFetch = true
                worthy.append(row)
                worthyDollars += entry.dollars
            }
            misses[row] = entry
        }
        if misses.count > limit { forgetCheapHalf() }
    }

    /// Up to `count` rows that are worth a fetch, the earliest first, and how often each was missed. They are counted
    /// from 0 again.
    mutating func take(_ count: Int) -> [(row: Row, missCount: Int)] {
        let rows = worthy.prefix(count).map { row in
            let entry = misses.removeValue(forKey: row)
            worthyDollars -= entry?.dollars ?? 0
            return (row: row, missCount: entry?.count ?? 0)
        }
        worthy.removeFirst(rows.count)
        return rows
    }

    private mutating func forgetCheapHalf() {
        let byCost = misses.sorted { ($0.value.dollars, $0.key) < ($1.value.dollars, $1.key) }
        for (row, _) in byCost.prefix(misses.count / 2) { misses[row] = nil }
        worthy.removeAll { misses[$0] == nil }
        worthyDollars = worthy.reduce(0) { $0 + (misses[$1]?.dollars ?? 0) }
    }
}
