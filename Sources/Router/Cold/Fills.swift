internal import Storage
internal import Synchronization
internal import Tiers
internal import Vectors

/// Fetches vectors that queries miss again and again, after the store has answered the queries themselves.
///
/// What a query of the store cost is laid, in equal parts, upon the rows that were missing. A row is worth fetching once
/// its misses have cost what its place in a call costs, so that in the worst traffic fills cost as much as the queries
/// before them, and rows of regions that are asked for often, or that are all but complete, come first.
actor Fills {
    /// Misses below which nothing is fetched: what is missed once is mostly never asked for again.
    static let mark = 2
    /// Rows that are counted; with more, those that were missed once are forgotten.
    private static let countedLimit = 200_000

    /// What the misses of a row have come to.
    private struct Missed {
        var count = 0
        var dollars = 0.0
        var isWaiting = false
    }

    private let access: ColdAccess
    private let store: Store
    private let tiers: TierStack
    private var missed: [Row: Missed] = [:]
    private var waiting: [Row] = []

    init(access: ColdAccess, store: Store, tiers: TierStack) {
        self.access = access
        self.store = store
        self.tiers = tiers
    }

    /// The last of what was noted, which waits for what was noted before it.
    private nonisolated let last = Mutex<Task<Void, Never>?>(nil)

    /// Rows that a query would have looked at and that were at hand nowhere, and the dollars that the store's own answer
    /// cost instead. Never waits.
    nonisolated func noteMissing(_ rows: [Row], dollars: Double) {
        guard !rows.isEmpty else { return }
        last.withLock { last in
            last = Task { [before = last] in
                await before?.value
                await count(rows, dollars / Double(rows.count))
            }
        }
    }

    /// Returns when all that was noted before has been looked after.
    nonisolated func settle() async { await last.withLock { $0 }?.value }

    private func count(_ rows: [Row], _ share: Double) async {
        let size = access.store.limits.keysPerFetch, price = access.costs?.fetchPrice ?? 0
        for row in rows {
            var entry = missed[row] ?? Missed()
            entry.count += 1
            entry.dollars += share
            if !entry.isWaiting, entry.count >= Self.mark, entry.dollars >= price / Double(size) {
                entry.isWaiting = true
                waiting.append(row)
            }
            missed[row] = entry
        }
        while waiting.count >= size, access.spending.spendOnFill(price) {
            let rows = Array(waiting.prefix(size))
            waiting.removeFirst(rows.count)
            for row in rows { missed[row] = nil }
            await fill(rows)
        }
        forget()
    }

    private func forget() {
        if missed.count > Self.countedLimit { missed = missed.filter { $0.value.count >= Self.mark } }
        guard missed.count > Self.countedLimit else { return }
        missed = [:]
        waiting = []
    }

    /// What fails is missed again.
    private func fill(_ rows: [Row]) async {
        guard
            let known = try? store.read({ reader in
                try rows.compactMap { row in try reader.record(of: row).map { (row, $0) } }
            })
        else { return }
        let outcome = await access.fetches.fetch(known.map(\.1.key))
        var vectors = RowVectors(dimension: store.shape.dimension)
        for (row, record) in known {
            guard let values = outcome.found[record.key]?.values, values.count == store.shape.dimension,
                Fingerprint(of: values) == record.fingerprint
            else { continue }
            vectors.append(row, values.span)
        }
        if !vectors.rows.isEmpty { tiers.fill(vectors, areMissed: true) }
    }
}
