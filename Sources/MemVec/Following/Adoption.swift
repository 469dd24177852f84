internal import Storage
internal import Tiers
internal import Vectors

/// What became of vectors that the cold store has.
struct Adopted: Sendable {
    /// Keys that were not known here.
    var newCount = 0
    /// Keys that had another vector here.
    var changedCount = 0
    /// Keys whose metadata alone differed.
    var metadataCount = 0
    var unchangedCount = 0
    /// Keys that are written here: those writes decide.
    var busyCount = 0
    /// Vectors that this collection could not hold, such as one of zeros under cosine.
    var refusedCount = 0
    /// The live rows of all of them, as far as they have one.
    var rows: [Row] = []
}

extension Engine {
    /// Thrown in a transaction when a key is not what it was read as.
    private struct Interference: Error {}

    /// Takes over what the cold store holds under some keys: a vector of another fingerprint makes a new row, metadata
    /// alone are changed in place (rule 9 of the design). Keys that are written here are left to those writes.
    ///
    /// Vectors are kept in the warm tier as far as its budget goes without evicting.
    /// - Parameters:
    ///   - vectors: with values and metadata; of a key that is there twice the first counts.
    ///   - extra: done in the same transaction.
    func adopt(
        _ vectors: [ColdVector], in extra: @escaping @Sendable (borrowing StoreWriter) throws -> Void = { _ in }
    ) async throws -> Adopted {
        while true {
            var plan = try adoption(of: vectors)
            do {
                let batch = try prepare(plan.puts.map(\.record))
                let puts = plan.puts, metadata = plan.metadata
                let written = try await commit(
                    batch,
                    after: { writer in
                        for put in puts where try !self.isStill(put.row, put.record.key, writer) {
                            throw Interference()
                        }
                        for change in metadata {
                            guard try self.isStill(change.row, change.key, writer),
                                let record = try writer.record(of: change.row),
                                record.encodedMetadata == change.before
                            else { throw Interference() }
                            try self.change(change.metadata, of: change.row, record, writer)
                        }
                        try extra(writer)
                    })
                plan.outcome.rows += written.rows
                keep(plan, written.rows)
                return plan.outcome
            } catch is Interference {
                continue
            }
        }
    }

    private func isStill(_ row: Row?, _ key: VectorKey, _ writer: borrowing StoreWriter) throws -> Bool {
        try writer.row(of: key) == row && !localWrites.contains(key)
            && writer.intents(on: key).allSatisfy { $0.intent.state == .conflict }
    }

    /// What is to be done about some vectors of the cold store, as the collection is now.
    private struct Plan {
        var outcome = Adopted()
        var puts: [(record: VectorRecord, row: Row?)] = []
        var metadata: [(row: Row, key: VectorKey, before: [UInt8], metadata: Metadata)] = []
        /// Rows that have the store's very vector.
        var same: [(row: Row, values: [Float])] = []
    }

    private func adoption(of vectors: [ColdVector]) throws -> Plan {
        try store.read { reader in
            var plan = Plan(), met: Set<VectorKey> = []
            for vector in vectors {
                guard let values = vector.values, met.insert(vector.key).inserted else { continue }
                let row = try reader.row(of: vector.key)
                guard !localWrites.contains(vector.key),
                    try reader.intents(on: vector.key).allSatisfy({ $0.intent.state == .conflict })
                else {
                    plan.outcome.busyCount += 1
                    if let row { plan.outcome.rows.append(row) }
                    continue
                }
                let theirs = vector.metadata ?? Metadata()
                guard isHoldable(values, theirs, vector.key) else {
                    plan.outcome.refusedCount += 1
                    if let row { plan.outcome.rows.append(row) }
                    continue
                }
                guard let row, let known = try reader.record(of: row), known.fingerprint == Fingerprint(of: values)
                else {
                    if row == nil { plan.outcome.newCount += 1 } else { plan.outcome.changedCount += 1 }
                    plan.puts.append((VectorRecord(key: vector.key, values: values, metadata: theirs), row))
                    continue
                }
                plan.outcome.rows.append(row)
                plan.same.append((row, values))
                if try Metadata(encoded: known.encodedMetadata) == theirs {
                    plan.outcome.unchangedCount += 1
                } else {
                    plan.outcome.metadataCount += 1
                    plan.metadata.append((row, vector.key, known.encodedMetadata, theirs))
                }
            }
            return plan
        }
    }

    private func isHoldable(_ values: [Float], _ metadata: Metadata, _ key: VectorKey) -> Bool {
        do {
            try InputVector.check(values, dimension: file.dimension, metric: file.metric, key: key.text)
            try metadata.checkLimits(nonFilterable: file.nonFilterableKeys)
            return true
        } catch {
            return false
        }
    }

    /// New rows, and those that were in no tier.
    private func keep(_ plan: Plan, _ newRows: [Row]) {
        tiers.confirm(plan.same.map(\.row))
        var vectors = RowVectors(dimension: file.dimension)
        for (row, put) in zip(newRows, plan.puts) { vectors.append(row, put.record.values.span) }
        for (row, values) in plan.same where !tiers.isAtHand(row) { vectors.append(row, values.span) }
        guard !vectors.rows.isEmpty else { return }
        _ = tiers.keep(vectors)
        listed.write(vectors) { self.tiers.isAtHand($0) }
    }

    /// Kills rows whose keys the cold store does not have any more, unless their keys are written here. Gives how many
    /// it killed.
    func bury(_ rows: [(key: VectorKey, row: Row)]) async throws -> Int {
        let killed = try await writes.submit(byteCount: 64 * rows.count) { writer in
            var killed: [Row] = []
            for (key, row) in rows where try self.isStill(row, key, writer) {
                if try writer.delete(key) != nil { killed.append(row) }
            }
            if !killed.isEmpty { try writer.append(.killed(killed)) }
            return killed
        }
        tiers.remove(killed)
        return killed.count
    }
}
