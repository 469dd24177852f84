internal import Storage
internal import Tiers
internal import Vectors

extension Engine {
    /// The records with their vectors, which those of a remote collection do not have yet: out of a tier, or from the
    /// cold store. Nil for what the cold store does not have any more, or has with another vector.
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
            if let error = outcome.failed.values.first { throw MemVecError.cold("\(error)") }
            var others: [VectorKey] = []
            for (position, key, fingerprint) in part {
                let values = outcome.found[key]?.values
                if let values, Fingerprint(of: values) == fingerprint {
                    let metadata = out[position]?.metadata ?? Metadata()
                    out[position] = VectorRecord(key: key, values: values, metadata: metadata)
                } else {
                    out[position] = nil
                    others.append(key)
                }
            }
            foreign.note(others)
        }
        return out
    }
}
