internal import Storage
internal import Synchronization
internal import Tiers
internal import Vectors

/// Keys that the cold store has otherwise than this collection, as queries come upon them: somebody else has written or
/// deleted them.
final class ForeignChanges: Sendable {
    private struct State {
        var renew: (@Sendable ([VectorKey]) async -> Void)?
        /// Keys that are looked after already.
        var keys: Set<VectorKey> = []
        var last: Task<Void, Never>?
    }
    private let state = Mutex(State())
    /// Keys that may wait; what is more is met again by later queries.
    private static let limit = 10_000

    /// - Parameter renew: what is done about keys; one call at a time.
    func begin(_ renew: @escaping @Sendable ([VectorKey]) async -> Void) { state.withLock { $0.renew = renew } }

    /// Never waits.
    func note(_ keys: [VectorKey]) {
        state.withLock { state in
            guard let renew = state.renew, state.keys.count < Self.limit else { return }
            let new = keys.filter { state.keys.insert($0).inserted }
            guard !new.isEmpty else { return }
            state.last = Task { [before = state.last] in
                await before?.value
                await renew(new)
                self.state.withLock { $0.keys.subtract(new) }
            }
        }
    }

    /// Returns when all that was noted before has been looked after.
    func settle() async { await state.withLock { $0.last }?.value }
}

extension Engine {
    /// Reads `keys` anew: one that the store does not have any more kills its row, and another vector makes a new row,
    /// with the metadata that the store has (rule 9 of the design). Keys that are being written here are left to those
    /// writes.
    ///
    /// What fails is met again by the next query.
    func renew(_ keys: [VectorKey]) async {
        guard let cold, !store.isReadOnly else { return }
        for start in stride(from: 0, to: keys.count, by: cold.store.limits.keysPerFetch) {
            let part = Array(keys[start..<min(start + cold.store.limits.keysPerFetch, keys.count)])
            await cold.turns.take(part)
            try? await renew(part, cold)
            await cold.turns.give(part)
        }
    }

    /// The caller has the turn of `keys`.
    private func renew(_ keys: [VectorKey], _ cold: ColdSide) async throws {
        let vectors = try await cold.fetch(keys)
        spending.noteBulk(cold.costs?.fetchPrice ?? 0)
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
