internal import Storage
internal import Synchronization
internal import Tiers
internal import Vectors

/// Fetches vectors that queries miss again and again, a full call at a time, after the store has answered the queries
/// themselves: one call fetches a hundred keys for the price of one.
actor Fills {
    /// Times that a vector is missed before it is fetched: what is missed once is mostly never asked for again.
    static let mark = 2
    /// Rows that are counted; with more, those that were missed once are forgotten.
    private static let countedLimit = 100_000

    private let access: ColdAccess
    private let store: Store
    private let tiers: TierStack
    private var missCounts: [Row: Int] = [:]
    private var waiting: [Row] = []
    /// Queries that missed something since the last call.
    private var queryCount = 0
    /// After so many, a call that is not full is made, too.
    static let patience = 200

    init(access: ColdAccess, store: Store, tiers: TierStack) {
        self.access = access
        self.store = store
        self.tiers = tiers
    }

    /// The last of what was noted, which waits for what was noted before it.
    private nonisolated let last = Mutex<Task<Void, Never>?>(nil)

    /// Rows that a query would have looked at and that were at hand nowhere. Never waits.
    nonisolated func noteMissing(_ rows: [Row]) {
        last.withLock { last in
            last = Task { [before = last] in
                await before?.value
                await count(rows)
            }
        }
    }

    /// Returns when all that was noted before has been looked after.
    nonisolated func settle() async { await last.withLock { $0 }?.value }

    private func count(_ rows: [Row]) async {
        for row in rows {
            let count = (missCounts[row] ?? 0) + 1
            missCounts[row] = count
            if count == Self.mark { waiting.append(row) }
        }
        if missCounts.count > Self.countedLimit { missCounts = missCounts.filter { $0.value >= Self.mark } }
        if missCounts.count > Self.countedLimit { missCounts = [:] }
        let size = access.store.limits.keysPerFetch
        queryCount += 1
        while waiting.count >= (queryCount < Self.patience ? size : 1),
            access.spending.spendOnFill(access.costs?.fetchPrice ?? 0)
        {
            let rows = Array(waiting.prefix(size))
            waiting.removeFirst(rows.count)
            queryCount = 0
            for row in rows { missCounts[row] = nil }
            await fill(rows)
        }
        // What the credit does not allow is as good as missed once.
        if waiting.count > Self.countedLimit {
            for row in waiting { missCounts[row] = nil }
            waiting = []
        }
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
