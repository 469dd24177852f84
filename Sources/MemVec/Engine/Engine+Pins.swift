internal import Storage
internal import Synchronization
internal import Tiers
internal import Vectors

/// The keys whose vectors stay in RAM. A pin belongs to the key: it is there again after a reopen, goes over to the row
/// of an overwrite, and comes back with a key that was deleted.
final class PinnedKeys: Sendable {
    /// The note of the store that holds them: each a UInt16 of its bytes, then its bytes.
    static let note = "pins"

    private let keys = Mutex<Set<VectorKey>>([])

    var all: Set<VectorKey> { keys.withLock { $0 } }
    func replace(_ new: Set<VectorKey>) { keys.withLock { $0 = new } }
    func positions(in puts: [StoreWriter.Put]) -> [Int] {
        keys.withLock { keys in keys.isEmpty ? [] : puts.indices.filter { keys.contains(puts[$0].key) } }
    }

    static func encode(_ keys: Set<VectorKey>) -> [UInt8] {
        var out: [UInt8] = []
        for key in keys {
            let bytes = Array(key.text.utf8)
            out += [UInt8(truncatingIfNeeded: bytes.count), UInt8(truncatingIfNeeded: bytes.count >> 8)] + bytes
        }
        return out
    }

    /// What cannot be read is left out: a pin is a wish.
    static func decode(_ bytes: [UInt8]) -> Set<VectorKey> {
        var out: Set<VectorKey> = [], at = 0
        while at + 2 <= bytes.count {
            let count = Int(bytes[at]) | Int(bytes[at + 1]) << 8
            guard at + 2 + count <= bytes.count else { break }
            if let key = try? VectorKey(String(decoding: bytes[at + 2..<at + 2 + count], as: UTF8.self)) {
                out.insert(key)
            }
            at += 2 + count
        }
        return out
    }
}

extension Engine {
    /// Pins the keys that the store remembers, as far as the quota goes.
    ///
    /// - Returns: a sentence when it did not reach.
    func restorePins() throws -> String? {
        let keys = try store.read { reader in PinnedKeys.decode(try reader.note(PinnedKeys.note) ?? []) }
        guard !keys.isEmpty else { return nil }
        pinned.replace(keys)
        let rows = try store.read { reader in try keys.compactMap { try reader.row(of: $0) } }
        do {
            _ = try tiers.pin(rows)
            return nil
        } catch {
            return "\(keys.count) keys are pinned, and the RAM budget does not hold them: \(error)"
        }
    }

    /// Pins `keys`; fetches those that are in no local tier.
    func pin(_ keys: [VectorKey]) async throws {
        let rows = try rows(of: keys), before = pinned.all
        let outside = try tiers.pin(rows)
        do { try await changePins { $0.formUnion(keys) } } catch {
            tiers.unpin(zip(keys, rows).filter { !before.contains($0.0) }.map(\.1))
            throw error
        }
        let missing = Set(outside)
        if !missing.isEmpty { _ = try await bring(zip(keys, rows).filter { missing.contains($1) }.map(\.0)) }
    }

    func unpin(_ keys: [VectorKey]) async throws {
        let rows = try store.read { reader in try keys.compactMap { try reader.row(of: $0) } }
        try await changePins { $0.subtract(keys) }
        tiers.unpin(rows)
    }

    /// Called with what a commit wrote: a pin goes over to the new row.
    func repin(_ rows: [Row], _ batch: Batch) {
        let places = pinned.positions(in: batch.puts)
        guard !places.isEmpty, !rows.isEmpty else { return }
        let new = places.map { rows[$0] }
        // The old rows gave their places back when they died; should the quota be smaller now, the key stays a wish.
        guard (try? tiers.pin(new)) != nil else { return }
        let values = places.flatMap { batch.puts[$0].values }
        tiers.fill(RowVectors(rows: new, values: values, dimension: file.dimension))
    }

    private func rows(of keys: [VectorKey]) throws -> [Row] {
        try store.read { reader in
            try keys.map { key in
                guard let row = try reader.row(of: key) else { throw MemVecError.notFound(key: key.text) }
                return row
            }
        }
    }

    /// On the writer's thread, from what the store has by then: others may change pins at the same time.
    private func changePins(_ change: @escaping @Sendable (inout Set<VectorKey>) -> Void) async throws {
        _ = try await writes.submit { writer in
            var keys = PinnedKeys.decode(try writer.note(PinnedKeys.note) ?? [])
            change(&keys)
            try writer.setNote(PinnedKeys.note, PinnedKeys.encode(keys))
            return keys
        } committed: { keys in
            self.pinned.replace(keys)
        }
    }
}
