internal import Storage
internal import Tiers
internal import Vectors

extension Engine {
    /// Rolls forward what a crash or an unreachable store left open.
    ///
    /// The key is read before anything is sent again: where it holds neither what the row had nor what was intended,
    /// somebody else has written it, and the intent is kept as a conflict, for a person to decide.
    /// - Parameters:
    ///   - numbers: only these, conflicts among them too; nil: all that are no conflicts.
    ///   - age: only those that were written down at least so many seconds ago.
    /// - Returns: a sentence for each intent that is a conflict or still open.
    func resolveIntents(
        _ cold: ColdSide, only numbers: Set<UInt64>? = nil, age: Double = 0
    ) async throws -> [String] {
        let latest = Self.milliseconds - UInt64(age * 1000)
        let chosen = try store.read { try $0.intents() }.filter { number, intent in
            if let numbers { return numbers.contains(number) }
            return intent.state != .conflict && intent.createdMilliseconds <= latest
        }
        var notes: [String] = []
        for wave in Self.waves(chosen) {
            let keys = wave.map(\.1.key)
            await cold.turns.take(keys)
            do {
                // A write that had the turn before may have ended some.
                let still = try store.read { reader in
                    try wave.compactMap { number, _ in try reader.intent(number).map { (number, $0) } }
                }
                notes += try await resolve(still, cold, isForced: numbers != nil)
            } catch {
                await cold.turns.give(keys)
                throw error
            }
            await cold.turns.give(keys)
        }
        return notes
    }

    /// In their order, cut so that no key is twice in a wave: a key's intents go one after another, those of different
    /// keys together.
    private static func waves(_ intents: [(UInt64, Intent)]) -> [[(UInt64, Intent)]] {
        let limit = 500
        var waves: [[(UInt64, Intent)]] = [], keys: Set<VectorKey> = []
        for (number, intent) in intents {
            if waves.isEmpty || waves[waves.count - 1].count == limit || keys.contains(intent.key) {
                waves.append([])
                keys = []
            }
            keys.insert(intent.key)
            waves[waves.count - 1].append((number, intent))
        }
        return waves
    }

    /// The caller has the turns of the keys.
    private func resolve(
        _ wave: [(UInt64, Intent)], _ cold: ColdSide, isForced: Bool
    ) async throws -> [String] {
        var notes: [String] = [], conflicts: [(UInt64, Intent)] = [], open: [(UInt64, Intent)] = []
        let outcome = await cold.fetches.fetch(wave.map(\.1.key), fresh: true)
        for (number, intent) in wave {
            if let error = outcome.failed[intent.key] {
                notes.append("intent \(number) on key \"\(intent.key)\" is still open: \(error)")
                continue
            }
            let there = outcome.found[intent.key]?.values.map { Fingerprint(of: $0) }
            let known = try store.read { reader in
                try reader.row(of: intent.key).flatMap { try reader.record(of: $0)?.fingerprint }
            }
            let isStrange = there != known && there != intent.before && there != intent.fingerprint
            if !isForced, there != nil, isStrange {
                notes.append(
                    "intent \(number) on key \"\(intent.key)\" is a conflict: the store has another vector; "
                        + "memvec intents retry sends it all the same, memvec intents drop forgets it")
                conflicts.append((number, intent))
            } else {
                open.append((number, intent))
            }
        }
        try await keep(conflicts, as: .conflict)
        do {
            try await resend(open, cold)
        } catch {
            notes.append("\(open.count) intents from \(open.first?.0 ?? 0) on: \(error)")
        }
        return notes
    }

    private func keep(_ intents: [(UInt64, Intent)], as state: Intent.State) async throws {
        guard !intents.isEmpty else { return }
        try await writes.submit { writer in
            for (number, intent) in intents {
                var changed = intent
                changed.state = state
                try writer.update(number, changed)
            }
        }
    }

    /// Of different keys.
    private func resend(_ intents: [(UInt64, Intent)], _ cold: ColdSide) async throws {
        var records: [VectorRecord] = [], puts: [UInt64] = [], deletes: [(UInt64, VectorKey)] = []
        for (number, intent) in intents {
            switch intent.action {
            case .delete: deletes.append((number, intent.key))
            case .put(let values, let encodedMetadata):
                let metadata = try Metadata(encoded: encodedMetadata)
                records.append(VectorRecord(key: intent.key, values: values, metadata: metadata))
                puts.append(number)
            }
        }
        if !records.isEmpty {
            let batch = try prepare(records)
            try await send(batch.puts, puts, cold)
            try await confirm(batch, puts)
        }
        if !deletes.isEmpty {
            let keys = deletes.map(\.1)
            try await sendDeletes(of: keys, deletes.map(\.0), cold)
            _ = try await kill(keys, ending: deletes.map(\.0))
        }
    }
}

extension Intent {
    /// Of the vector that is to be put; nil for a delete.
    fileprivate var fingerprint: Fingerprint? {
        if case .put(let values, _) = action { Fingerprint(of: values) } else { nil }
    }
}
