internal import Index
internal import Storage
internal import Tiers
internal import Vectors

/// Vectors that were checked, prepared and coded by the caller's task, ready for the writer's thread.
struct Batch: Sendable {
    var puts: [StoreWriter.Put]
    /// Nil where there was no index.
    var codes: RowCodes?
    var byteCount: Int
}

extension Engine {
    /// Checks all of `records` before anything is done with one.
    func prepare(_ records: [VectorRecord]) throws -> Batch {
        var seen: Set<VectorKey> = []
        var puts: [StoreWriter.Put] = []
        var values: [Float] = []
        var byteCount = 0
        puts.reserveCapacity(records.count)
        let index = index?.index
        let text = try store.read { try $0.textAnalysis() }
        if index != nil { values.reserveCapacity(records.count * file.dimension) }
        for record in records {
            guard seen.insert(record.key).inserted else { throw MemVecError.duplicateKey(record.key.text) }
            try InputVector.check(
                record.values, dimension: file.dimension, metric: file.metric, key: record.key.text)
            try record.metadata.checkLimits(nonFilterable: file.nonFilterableKeys)
            let encoded = record.metadata.encoded
            puts.append(
                StoreWriter.Put(
                    key: record.key, values: record.values, fingerprint: Fingerprint(of: record.values),
                    encodedMetadata: encoded,
                    postings: store.postings(of: record.metadata, nonFilterable: file.nonFilterableKeys),
                    text: text?.text(of: record.metadata)))
            if index != nil { values.append(contentsOf: record.values) }
            byteCount += 4 * file.dimension + encoded.count + record.key.text.utf8.count + 64
        }
        let codes = try index?.encode(preparation.prepare(values), threadCount: records.count < 1024 ? 1 : 2)
        return Batch(puts: puts, codes: codes, byteCount: byteCount)
    }

    /// Puts a batch where it belongs. On disk and findable when it returns.
    func put(_ batch: Batch) async throws {
        if let cold { return try await putRemotely(batch, cold) }
        _ = try await commit(batch)
    }

    /// What one job did, for those that follow the store.
    struct Written: Sendable {
        var rows: [Row]
        var killed: [Row]
        var codes: RowCodes?
        var sequence: UInt64
        var rowCount: Int
    }

    /// Makes the rows of a batch in one transaction, shared with others, and ends `intents`.
    ///
    /// - Parameter first: what the transaction begins with; the batch is not written if it throws.
    func commit(
        _ batch: Batch, ending intents: [UInt64] = [],
        after first: @escaping @Sendable (borrowing StoreWriter) throws -> Void = { _ in }
    ) async throws -> Written {
        let written = try await writes.submit(byteCount: batch.byteCount) { writer in
            try first(writer)
            var codes = batch.codes
            let index = self.index?.index
            // The index may have been replaced since the batch was coded.
            if let index, codes?.training != index.training {
                codes = try index.encode(self.preparation.prepare(batch.puts.flatMap(\.values)), threadCount: 1)
            } else if index == nil {
                codes = nil
            }
            let (first, killed) = try writer.putMany(batch.puts)
            let rows = first.map { first in batch.puts.indices.map { Row(first.number + UInt32($0)) } } ?? []
            var sequence: UInt64 = 0
            if let first {
                sequence = try writer.append(.added(first: first, count: rows.count, codes: codes))
            }
            if !killed.isEmpty { sequence = try writer.append(.killed(killed)) }
            for number in intents { try writer.endIntent(number) }
            // Before the commit: memory that cannot be had is an error of the caller's, with nothing changed.
            try self.tiers.grow(rowCount: Int(writer.counters.nextRow))
            return Written(
                rows: rows, killed: killed, codes: codes, sequence: sequence,
                rowCount: Int(writer.counters.nextRow))
        } committed: { (written: Written) in
            self.follow(written, batch)
        }
        tiers.remove(written.killed)
        repin(written.rows, batch)
        return written
    }

    /// The router's model wants to know how wrong each row's code is.
    func noteErrors(_ rows: [Row], _ codes: RowCodes) {
        for (row, error) in zip(rows, codes.errors) { tiers.residency.setCodeError(of: row, to: error) }
    }

    /// Runs after the commit, before the rows are seen live.
    private func follow(_ written: Written, _ batch: Batch) {
        if let codes = written.codes { noteErrors(written.rows, codes) }
        lateVectors.add(written.rows, batch)
        // Memory can be short here, after the commit: the row is on disk then, and a replay at the next open finds it.
        try? indexed(written.rows, written.codes, sequence: written.sequence)
    }

    /// Deletes keys; gives how many were there.
    func delete(_ keys: [VectorKey]) async throws -> Int {
        if let cold { return try await deleteRemotely(keys, cold) }
        return try await kill(keys)
    }

    /// Kills the rows of `keys` and ends `intents`.
    func kill(_ keys: [VectorKey], ending intents: [UInt64] = []) async throws -> Int {
        let killed = try await writes.submit(byteCount: 64 * keys.count) { writer in
            var killed: [Row] = []
            for key in keys { if let row = try writer.delete(key) { killed.append(row) } }
            if !killed.isEmpty { try writer.append(.killed(killed)) }
            for number in intents { try writer.endIntent(number) }
            return killed
        }
        tiers.remove(killed)
        return killed.count
    }
}
