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
    /// Of a remote collection they are gathered in a file: what an attach has listed or the warm tier holds, then the
    /// rest from the cold store, by key or by listing it all, whichever takes fewer calls. Only what has its row's
    /// fingerprint counts.
    func supply(progress: (String, Double) -> Void) async throws -> VectorSupply {
        guard let cold else { return .store(store) }
        lateVectors.begin()
        let before = listed.take()
        let file = try before?.file ?? RowFile(folder: folder, dimension: file.dimension)
        var held = before?.rows ?? RowSet()
        let live = store.live.snapshot(rowCount: Int(store.counters.nextRow)).rows
        for row in live where !held.contains(row) {
            guard let values = tiers.vector(of: row) else { continue }
            try file.write(row, values)
            held.insert(row)
        }
        let missing = live.filter { !held.contains($0) }
        let limits = cold.store.limits
        if missing.count / limits.keysPerFetch < live.count / limits.vectorsPerPage {
            try await fetch(missing, cold, to: file, &held)
        } else if !missing.isEmpty {
            try await list(cold, to: file, &held, progress)
        }
        // Who else has written or deleted these keys is found out by themselves.
        let others = missing.filter { !held.contains($0) }
        foreign.note(try store.read { reader in try others.compactMap { try reader.record(of: $0)?.key } })
        return .file(file, held, lateVectors)
    }

    private func fetch(_ rows: [Row], _ cold: ColdSide, to file: RowFile, _ held: inout RowSet) async throws {
        for start in stride(from: 0, to: rows.count, by: 10_000) {
            let records = try store.read { reader in
                try rows[start..<min(start + 10_000, rows.count)].compactMap { row in
                    try reader.record(of: row).map { (row, $0) }
                }
            }
            let outcome = await cold.fetches.fetch(records.map(\.1.key))
            let callCount = cold.store.limits.fetchCallCount(records.count)
            spending.noteBulk(Double(callCount) * (cold.costs?.fetchPrice ?? 0))
            if let error = outcome.failed.values.first { throw MemVecError.cold("\(error)") }
            for (row, record) in records {
                guard let values = outcome.found[record.key]?.values, Fingerprint(of: values) == record.fingerprint
                else { continue }
                try file.write(row, values)
                held.insert(row)
            }
        }
    }

    private func list(
        _ cold: ColdSide, to file: RowFile, _ held: inout RowSet, _ progress: (String, Double) -> Void
    ) async throws {
        var token: String?, count = 0
        repeat {
            let page = try await cold.page(.values, after: token, of: .init(index: 0, of: 1))
            try store.read { reader in
                for vector in page.vectors {
                    guard let values = vector.values, let row = try reader.row(of: vector.key),
                        try reader.record(of: row)?.fingerprint == Fingerprint(of: values)
                    else { continue }
                    try file.write(row, values)
                    held.insert(row)
                }
            }
            spending.noteBulk(cold.costs?.pagePrice ?? 0)
            count += page.vectors.count
            progress("list", Double(count) / Double(max(1, store.counters.liveCount)))
            token = page.nextToken
        } while token != nil
    }
}
