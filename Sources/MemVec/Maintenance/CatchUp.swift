internal import Index
internal import Storage
internal import Vectors

/// Carries what is written to a generation over to the next one, which was copied from it a while ago.
///
/// It follows the old journal, and reads what each row is at one moment: an added row that has died since is nothing to
/// carry, a killed one is deleted unless its key was put again. So a round ends where the old generation was at its
/// moment, whatever happened in between.
struct CatchUp {
    let old: Engine
    let new: Engine
    /// Old row -> its row in the new generation.
    var places: [Row: Row]
    /// The old journal's entries up to it are carried.
    var sequence: UInt64

    /// Entries in one round.
    private static let roundLimit = 5000
    private static let slice = 5000

    /// What one moment of the old generation asks for.
    private struct Changes {
        var records: [(row: Row, record: VectorRecord)] = []
        var killed: [Row] = []
        var metadata: [(row: Row, metadata: Metadata)] = []
        var last: UInt64
        var entryCount = 0
    }

    /// Carries up to 5,000 entries. Gives how many there were.
    mutating func round() async throws -> Int {
        let changes = try read()
        guard changes.entryCount > 0 else { return 0 }
        for start in stride(from: 0, to: changes.records.count, by: Self.slice) {
            let part = changes.records[start..<min(start + Self.slice, changes.records.count)]
            let written = try await new.commit(new.prepare(part.map(\.record)))
            for (item, row) in zip(part, written.rows) { places[item.row] = row }
        }
        // A killed row whose key was put again is dead in the new generation by now.
        let known = places
        let gone = try new.store.read { reader in
            try changes.killed.compactMap { row in try known[row].flatMap { try reader.record(of: $0)?.key } }
        }
        if !gone.isEmpty { _ = try await new.kill(gone) }
        for (row, metadata) in changes.metadata {
            guard let place = places[row], let key = try new.store.read({ try $0.record(of: place)?.key }) else {
                continue
            }
            try await new.setMetadata(metadata, of: key)
        }
        sequence = changes.last
        return changes.entryCount
    }

    private func read() throws -> Changes {
        try old.store.read { reader in
            var out = Changes(last: sequence), changed: Set<Row> = []
            var added: [Row] = []
            try reader.journal(from: sequence + 1) { number, entry in
                out.last = number
                out.entryCount += 1
                switch entry {
                case .added(let first, let count, _):
                    added += (0..<count).map { Row(first.number + UInt32($0)) }
                case .killed(let rows): out.killed += rows
                case .metadataChanged(let rows): changed.formUnion(rows)
                case .snapshot: break
                }
                return out.entryCount < Self.roundLimit
            }
            for row in added where places[row] == nil {
                guard try reader.isLive(row) else { continue }
                guard let record = try VectorCollection.record(row, reader, wantsVectors: true) else {
                    throw StorageError.damaged(path: old.store.path, what: "live \(row) has no record")
                }
                out.records.append((row, record))
                changed.remove(row)
            }
            for row in changed.sorted() {
                if let record = try reader.record(of: row) {
                    out.metadata.append((row, try Metadata(encoded: record.encodedMetadata)))
                }
            }
            return out
        }
    }
}
