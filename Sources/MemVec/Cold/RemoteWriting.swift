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
            let numbers = try await writes.submit(byteCount: batch.byteCount) { writer in
                try batch.puts.map {
                    try writer.add(
                        Intent(
                            key: $0.key, action: .put(values: $0.values, encodedMetadata: $0.encodedMetadata)))
                }
            }
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
            "\(error); intents \(numbers.first ?? 0) to \(numbers.last ?? 0) stay and are sent again at the next open")
    }

    func confirm(_ batch: Batch, _ numbers: [UInt64]) async throws {
        let written = try await commit(batch, ending: numbers)
        // What was just written is at hand: a mirror keeps it, other warm tiers while there is room.
        let values = batch.puts.flatMap(\.values)
        tiers.fill(RowVectors(rows: written.rows, values: values, dimension: file.dimension))
    }

    func deleteRemotely(_ keys: [VectorKey], _ cold: ColdSide) async throws -> Int {
        await cold.turns.take(keys)
        do {
            let numbers = try await writes.submit(byteCount: 64 * keys.count) { writer in
                try keys.map { try writer.add(Intent(key: $0, action: .delete)) }
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
