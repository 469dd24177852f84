internal import Storage
internal import Synchronization
internal import Tiers
internal import Vectors

/// Keys that somebody else has written or deleted in the cold store, as queries come upon them.
final class ForeignChanges: Sendable {
    private struct State {
        var renew: (@Sendable ([Row]) async -> Void)?
        /// Rows that are looked after already.
        var rows: Set<Row> = []
        var last: Task<Void, Never>?
    }
    private let state = Mutex(State())

    /// - Parameter renew: what is done about rows; one call at a time.
    func begin(_ renew: @escaping @Sendable ([Row]) async -> Void) { state.withLock { $0.renew = renew } }

    /// Never waits.
    func note(_ rows: [Row]) {
        state.withLock { state in
            guard let renew = state.renew else { return }
            let new = rows.filter { state.rows.insert($0).inserted }
            guard !new.isEmpty else { return }
            state.last = Task { [before = state.last] in
                await before?.value
                await renew(new)
                self.state.withLock { $0.rows.subtract(new) }
            }
        }
    }

    /// Returns when all that was noted before has been looked after.
    func settle() async { await state.withLock { $0.last }?.value }
}

extension Engine {
    /// Reads the keys of `rows` anew: one that the store does not have any more kills its row, and another vector makes
    /// a new row, with the metadata that the store has (rule 9 of the design). Keys that are being written here are
    /// left to those writes.
    ///
    /// What fails is met again by the next query.
    func renew(_ rows: [Row]) async {
        guard let cold, !store.isReadOnly else { return }
        guard let keys = try? store.read({ reader in try rows.compactMap { try reader.record(of: $0)?.key } }) else {
            return
        }
        for start in stride(from: 0, to: keys.count, by: cold.store.limits.keysPerFetch) {
            let part = Array(keys[start..<min(start + cold.store.limits.keysPerFetch, keys.count)])
            await cold.turns.take(part)
            try? await renew(part, cold)
            await cold.turns.give(part)
        }
    }

    /// The caller has the turn of `keys`.
    private func renew(_ keys: [VectorKey], _ cold: ColdSide) async throws {
        let far = cold.store
        let vectors = try await cold.caller.call { timeout throws(ColdError) in
            try await far.fetch(keys, [.values, .metadata], timeout: timeout)
        }
        let there = Set(vectors.map(\.key))
        let absent = try store.read { reader in
            try keys.compactMap { key in
                there.contains(key) ? nil : try reader.row(of: key).map { (key: key, row: $0) }
            }
        }
        _ = try await bury(absent)
        _ = try await adopt(vectors)
    }
}
