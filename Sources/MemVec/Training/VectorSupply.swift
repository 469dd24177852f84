internal import Storage
internal import Tiers
internal import Vectors

/// Where a training reads the vectors of rows.
enum VectorSupply: Sendable {
    case store(Store)
    /// A remote collection's, listed into a file; rows that were put meanwhile are with `late`.
    case file(RowFile, RowSet, LateVectors)

    /// The vectors of `rows` one behind the other, and which rows were found.
    func vectors(of rows: [Row]) throws -> (rows: [Row], values: [Float]) {
        switch self {
        case .store(let store): return try store.read { try $0.vectors(of: rows) }
        case .file(let file, let held, let late):
            var found: [Row] = [], values: [Float] = []
            for row in rows {
                if held.contains(row) {
                    try file.read(row, into: &values)
                } else if let vector = late.vector(of: row) {
                    values.append(contentsOf: vector)
                } else {
                    continue
                }
                found.append(row)
            }
            return (found, values)
        }
    }
}

extension Engine {
    /// Where this collection's vectors can be read, for a training.
    ///
    /// Of a remote collection every vector is listed once, whose fingerprint is its row's.
    func supply(progress: (String, Double) -> Void) async throws -> VectorSupply {
        guard let cold else { return .store(store) }
        lateVectors.begin()
        let file = try RowFile(folder: folder, dimension: file.dimension)
        var held = RowSet(rowCount: Int(store.counters.nextRow))
        var request = ColdListRequest(.values, limit: cold.store.limits.vectorsPerPage), count = 0
        repeat {
            let page: ColdPage
            do { page = try await cold.page(request) } catch { throw MemVecError.cold("\(error)") }
            try store.read { reader in
                for vector in page.vectors {
                    guard let values = vector.values, let row = try reader.row(of: vector.key),
                        try reader.record(of: row)?.fingerprint == Fingerprint(of: values)
                    else { continue }
                    try file.write(row, values)
                    held.insert(row)
                }
            }
            count += page.vectors.count
            progress("list", Double(count) / Double(max(1, store.counters.liveCount)))
            request.token = page.nextToken
        } while request.token != nil
        return .file(file, held, lateVectors)
    }
}
