internal import Storage
internal import Tiers
internal import Vectors

extension Engine {
    /// Puts a batch into a remote collection: intents, request, confirmation (rule 8 of the design).
    ///
    /// - Throws: ``MemVecError/cold(_:)``. After a refusal nothing has changed; when the answer did not come the
    ///   intents stay, and the text says so.
    func putRemotely(_ batch: Batch, _ cold: ColdSide) async throws {
        let keys = batch.puts.map(\.key)
        await cold.turns.take(keys)
        do {
            let numbers = try await intend(batch.puts, keys: keys)
            FaultPoint.reached("remote.intended")
            try await send(batch.puts, numbers, cold)
            FaultPoint.reached("remote.sent")
            try await confirm(batch, numbers)
        } catch {
            await cold.turns.give(keys)
            throw error
        }
        await cold.turns.give(keys)
    }

    func sendDeletes(of keys: [VectorKey], _ numbers: [UInt64], _ cold: ColdSide) async throws {
        do {
            let limit = cold.store.limits.keysPerDelete
            for start in stride(from: 0, to: keys.count, by: limit) {
                try await cold.delete(Array(keys[start..<min(start + limit, keys.count)]))
            }
        } catch {
            try await judge(error, numbers)
        }
    }

    func send(_ puts: [StoreWriter.Put], _ numbers: [UInt64], _ cold: ColdSide) async throws {
        let limit = max(1, min(cold.store.limits.vectorsPerPut, (16 << 20) / (16 * file.dimension)))
        let vectors = try puts.map {
            ColdVector(key: $0.key, values: $0.values, metadata: try Metadata(encoded: $0.encodedMetadata))
        }
        let parts = stride(from: 0, to: vectors.count, by: limit).map {
            Array(vectors[$0..<min($0 + limit, vectors.count)])
        }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                // A few requests side by side: each waits for the network, not for us.
                for (at, part) in parts.enumerated() {
                    if at >= 8 { try await group.next() }
                    group.addTask { try await cold.put(part) }
                }
                try await group.waitForAll()
            }
        } catch let error as ColdError {
            try await judge(error, numbers)
        }
    }

    /// A refusal ends the intents; anything else leaves them to be sent again.
    private func judge(_ error: ColdError, _ numbers: [UInt64]) async throws {
        if case .refused = error {
            try await writes.submit { writer in for number in numbers { try writer.removeIntent(number) } }
            throw MemVecError.cold("\(error)")
        }
        throw MemVecError.cold(
            "\(error); intents \(numbers.first ?? 0) to \(numbers.last ?? 0) are pending: "
                + "they may have been done, and are sent again until they are answered (memvec intents)")
    }

    func confirm(_ batch: Batch, _ numbers: [UInt64]) async throws {
        let written = try await commit(batch, ending: numbers)
        // What was just written is at hand: a mirror keeps it, other warm tiers while there is room.
        let values = batch.puts.flatMap(\.values)
        tiers.fill(RowVectors(rows: written.rows, values: values, dimension: file.dimension))
    }

    /// Sends the vector that the key has with other metadata: a remote store takes whole vectors only. The row stays.
    func setMetadataRemotely(_ metadata: Metadata, of key: VectorKey, _ cold: ColdSide) async throws {
        await cold.turns.take([key])
        do {
            try await setMetadata(metadata, of: key, cold)
        } catch {
            await cold.turns.give([key])
            throw error
        }
        await cold.turns.give([key])
    }

    /// The caller has the key's turn.
    private func setMetadata(_ metadata: Metadata, of key: VectorKey, _ cold: ColdSide) async throws {
        guard
            let (row, record) = try store.read({ reader in
                try reader.row(of: key).flatMap { row in try reader.record(of: row).map { (row, $0) } }
            })
        else { throw MemVecError.notFound(key: key.text) }
        let values = try await vector(of: row, record, cold)
        let batch = try prepare([VectorRecord(key: key, values: values, metadata: metadata)])
        let numbers = try await intend(batch.puts, keys: [key])
        FaultPoint.reached("remote.intended")
        try await send(batch.puts, numbers, cold)
        FaultPoint.reached("remote.sent")
        try await writes.submit(byteCount: 2 * Metadata.byteLimit) { writer in
            // The turn is ours, so only a sync could have made another row; it leaves keys with intents alone.
            guard try writer.row(of: key) == row, let known = try writer.record(of: row) else {
                throw MemVecError.notFound(key: key.text)
            }
            try self.change(metadata, of: row, known, writer)
            for number in numbers { try writer.endIntent(number) }
        }
    }

    /// From a tier, or from the cold store if it still has this very vector.
    private func vector(of row: Row, _ record: RowRecord, _ cold: ColdSide) async throws -> [Float] {
        if let values = tiers.vector(of: row), Fingerprint(of: values) == record.fingerprint { return values }
        let outcome = await cold.fetches.fetch([record.key], fresh: true)
        if let error = outcome.failed[record.key] { throw MemVecError.cold("\(error)") }
        guard let values = outcome.found[record.key]?.values, Fingerprint(of: values) == record.fingerprint else {
            foreign.note([record.key])
            throw MemVecError.cold(
                "key \"\(record.key)\" was written or deleted there by somebody else; ask again in a moment")
        }
        return values
    }

    /// Writes puts down before they are sent.
    private func intend(_ puts: [StoreWriter.Put], keys: [VectorKey]) async throws -> [UInt64] {
        try await writes.submit(byteCount: puts.count * (4 * file.dimension + 256)) { writer in
            guard writer.counters.intentBytes < Self.intentByteLimit else {
                throw MemVecError.tooManyIntents(byteCount: Int(writer.counters.intentBytes))
            }
            self.localWrites.note(keys)
            return try puts.map { put in
                let before = try writer.row(of: put.key).flatMap { try writer.record(of: $0)?.fingerprint }
                return try writer.add(
                    Intent(
                        key: put.key, action: .put(values: put.values, encodedMetadata: put.encodedMetadata),
                        before: before, createdMilliseconds: Self.milliseconds))
            }
        }
    }

    /// Of intents that wait. More are refused: the store is away, and the disk is not endless.
    static let intentByteLimit: UInt64 = 256 << 20

    static var milliseconds: UInt64 { UInt64(max(0, WallClock.seconds * 1000)) }

    func deleteRemotely(_ keys: [VectorKey], _ cold: ColdSide) async throws -> Int {
        await cold.turns.take(keys)
        do {
            let numbers = try await writes.submit(byteCount: 64 * keys.count) { writer in
                self.localWrites.note(keys)
                return try keys.map { key in
                    let before = try writer.row(of: key).flatMap { try writer.record(of: $0)?.fingerprint }
                    return try writer.add(
                        Intent(key: key, action: .delete, before: before, createdMilliseconds: Self.milliseconds))
                }
            }
            try await sendDeletes(of: keys, numbers, cold)
            let count = try await kill(keys, ending: numbers)
            await cold.turns.give(keys)
            return count
        } catch {
            await cold.turns.give(keys)
            throw error
        }
    }
}
