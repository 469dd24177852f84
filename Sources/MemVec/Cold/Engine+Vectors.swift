internal import Storage
internal import Tiers
internal import Vectors

extension Engine {
    /// The records with their vectors, which those of a remote collection do not have yet: out of a tier, or from the
    /// cold store. Nil for what the cold store does not have any more; what it has with another vector, by others or by
    /// a write of ours whose answer was lost, is as the cold store has it.
    ///
    /// - Throws: ``MemVecError/cold(_:)``.
    func withVectors(_ records: [VectorRecord?]) async throws -> [VectorRecord?] {
        guard let cold else { return records }
        var out = records, missing: [(position: Int, key: VectorKey, fingerprint: Fingerprint)] = []
        try store.read { reader in
            for (position, record) in records.enumerated() {
                guard let record, let row = try reader.row(of: record.key), let known = try reader.record(of: row)
                else { continue }
                if let values = tiers.vector(of: row), Fingerprint(of: values) == known.fingerprint {
                    out[position] = VectorRecord(key: record.key, values: values, metadata: record.metadata)
                } else {
                    missing.append((position, record.key, known.fingerprint))
                }
            }
        }
        guard !missing.isEmpty else { return out }
        // Fewer than the coordinator lets wait.
        for start in stride(from: 0, to: missing.count, by: 10_000) {
            let part = missing[start..<min(start + 10_000, missing.count)]
            let outcome = await cold.fetches.fetch(part.map(\.key))
            cold.noteReading(of: part.count - outcome.failed.count)
            if let error = outcome.failed.values.first { throw MemVecError.cold("\(error)") }
            var others: [VectorKey: Int] = [:]
            for (position, key, fingerprint) in part {
                let values = outcome.found[key]?.values
                if let values, Fingerprint(of: values) == fingerprint {
                    let metadata = out[position]?.metadata ?? Metadata()
                    out[position] = VectorRecord(key: key, values: values, metadata: metadata)
                } else {
                    out[position] = nil
                    others[key] = position
                }
            }
            let changed = others.keys.filter { outcome.found[$0] != nil }
            for start in stride(from: 0, to: changed.count, by: cold.store.limits.keysPerFetch) {
                let keys = Array(changed[start..<min(start + cold.store.limits.keysPerFetch, changed.count)])
                for vector in try await cold.fetch(keys) {
                    guard let position = others[vector.key], let values = vector.values else { continue }
                    out[position] = VectorRecord(
                        key: vector.key, values: values, metadata: vector.metadata ?? Metadata())
                }
            }
            foreign.note(Array(others.keys))
        }
        return out
    }
}
