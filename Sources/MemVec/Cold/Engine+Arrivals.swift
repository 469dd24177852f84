internal import Storage
internal import Tiers
internal import Vectors

/// What becomes of vectors that the cold store has sent and no query waits for: the tiers get them.
extension Engine {
    /// Fetches the vectors of `keys` from the cold store and gives them to the tiers, if they are still what their rows
    /// say. Gives how many came.
    ///
    /// - Parameter keeping: whether the warm tier takes them whatever their heat, as far as there is room.
    func bring(_ keys: [VectorKey], keeping: Bool = false) async throws -> Int {
        guard let cold else { return 0 }
        let outcome = await cold.fetches.fetch(keys)
        cold.noteReading(of: keys.count - outcome.failed.count)
        if let error = outcome.failed.values.first { throw MemVecError.cold("\(error)") }
        let found = try known(keys.compactMap { outcome.found[$0] })
        if keeping { return tiers.keep(found) }
        tiers.fill(found)
        return found.rows.count
    }

    /// Vectors that were asked for, and came when nobody waited any more: they are paid for.
    func takeLate(_ vectors: [ColdVector]) {
        guard let found = try? known(vectors), !found.rows.isEmpty else { return }
        tiers.fill(found)
    }

    /// Those of `vectors` that are what the rows of their keys say.
    private func known(_ vectors: [ColdVector]) throws -> RowVectors {
        var found = RowVectors(dimension: file.dimension)
        try store.read { reader in
            for vector in vectors {
                guard let values = vector.values, values.count == file.dimension,
                    let row = try reader.row(of: vector.key),
                    try reader.record(of: row)?.fingerprint == Fingerprint(of: values)
                else { continue }
                found.append(row, values.span)
            }
        }
        return found
    }
}
