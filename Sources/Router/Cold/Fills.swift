internal import Storage
internal import Synchronization
internal import Tiers
internal import Vectors

/// Fetches vectors that queries miss again and again, mostly a full call at a time, after the store has answered the
/// queries themselves: one call fetches a hundred keys for the price of one. Which and when is said by ``MissedRows``.
actor Fills {
    private let access: ColdAccess
    private let store: Store
    private let tiers: TierStack
    private var missed: MissedRows

    init(access: ColdAccess, store: Store, tiers: TierStack) {
        self.access = access
        self.store = store
        self.tiers = tiers
        let price = access.costs?.fetchPrice ?? 0
        missed = MissedRows(placeDollars: price / Double(access.store.limits.keysPerFetch))
    }

    /// The last of what was noted, which waits for what was noted before it.
    private nonisolated let last = Mutex<Task<Void, Never>?>(nil)

    /// Rows that a query would have looked at and that were at hand nowhere, and the dollars that the store's own
    /// answer cost instead. Never waits.
    nonisolated func noteMissing(_ rows: [Row], dollars: Double) {
        guard !rows.isEmpty else { return }
        last.withLock { last in
            last = Task { [before = last] in
                await before?.value
                await note(rows, dollars)
            }
        }
    }

    /// Returns when all that was noted before has been looked after.
    nonisolated func settle() async { await last.withLock { $0 }?.value }

    private func note(_ rows: [Row], _ dollars: Double) async {
        let callSize = access.store.limits.keysPerFetch, price = access.costs?.fetchPrice ?? 0
        missed.note(rows, dollars: dollars)
        while missed.isDue(places: callSize), access.spending.spendAhead(price) {
            // The store is away: nothing was asked, and more would only wait.
            guard await fill(missed.take(callSize)) else { return access.spending.giveBack(price, isBooked: true) }
        }
    }

    /// What fails is missed again. False when nothing came at all.
    private func fill(_ rows: [(row: Row, missCount: Int)]) async -> Bool {
        guard
            let records = try? store.read({ reader in try rows.map { try reader.record(of: $0.row) } })
        else { return false }
        let outcome = await access.fetches.fetch(records.compactMap { $0?.key })
        guard outcome.failed.isEmpty || !outcome.found.isEmpty else { return false }
        var vectors = RowVectors(dimension: store.shape.dimension), missCounts: [Int] = []
        for ((row, missCount), record) in zip(rows, records) {
            guard let record, let values = outcome.found[record.key]?.values, values.count == store.shape.dimension,
                Fingerprint(of: values) == record.fingerprint
            else { continue }
            vectors.append(row, values.span)
            missCounts.append(missCount)
        }
        if !vectors.rows.isEmpty { tiers.fill(vectors, missCounts: missCounts) }
        return true
    }
}
