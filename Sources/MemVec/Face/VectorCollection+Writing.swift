internal import Storage
public import Vectors

extension VectorCollection {
    /// The most records that one call takes.
    public static let putLimit = 100_000

    /// Puts vectors under their keys, overwriting whole what the keys had. All or nothing; on disk when it returns.
    ///
    /// - Throws: ``InputError``, ``MetadataError``, ``MemVecError/duplicateKey(_:)``, `StorageError`; nothing is
    ///   changed then.
    public func put(_ records: [VectorRecord]) async throws {
        guard records.count <= Self.putLimit else {
            throw MemVecError.tooMany(what: "vectors", count: records.count, limit: Self.putLimit)
        }
        try await writing { engine in if !records.isEmpty { try await engine.put(engine.prepare(records)) } }
        trainIfWorthIt()
    }

    /// Deletes keys; a key that is not there is no error. Gives how many were.
    @discardableResult
    public func delete(keys: [String]) async throws -> Int {
        let checked = try keys.map { try VectorKey($0) }
        return try await writing { try await $0.delete(checked) }
    }

    /// Deletes all vectors that match; gives how many. Those that are put meanwhile may stay.
    @discardableResult
    public func delete(matching filter: Filter) async throws -> Int {
        try await writing { engine in
            let keys = try engine.store.read { reader in
                try reader.rows(matching: filter).rows.compactMap { try reader.record(of: $0)?.key }
            }
            var count = 0
            for start in stride(from: 0, to: keys.count, by: 10_000) {
                count += try await engine.delete(Array(keys[start..<min(start + 10_000, keys.count)]))
            }
            return count
        }
    }

    /// Replaces the metadata of a key; its vector stays as it is.
    ///
    /// - Throws: ``MemVecError/notFound(key:)``, ``MetadataError``.
    public func setMetadata(_ metadata: Metadata, ofKey text: String) async throws {
        let key = try VectorKey(text)
        try metadata.checkLimits(nonFilterable: nonFilterableKeys)
        try await writing { try await $0.setMetadata(metadata, of: key) }
    }
}

extension Engine {
    /// - Throws: ``MemVecError/notFound(key:)``, ``MemVecError/cold(_:)``.
    func setMetadata(_ metadata: Metadata, of key: VectorKey) async throws {
        if let cold { return try await setMetadataRemotely(metadata, of: key, cold) }
        try await writes.submit(byteCount: 2 * Metadata.byteLimit) { writer in
            guard let row = try writer.row(of: key), let record = try writer.record(of: row) else {
                throw MemVecError.notFound(key: key.text)
            }
            try self.change(metadata, of: row, record, writer)
        }
    }

    /// In a transaction: gives `row`, whose record this is, other metadata.
    func change(
        _ metadata: Metadata, of row: Row, _ record: RowRecord, _ writer: borrowing StoreWriter
    ) throws {
        let nonFilterable = file.nonFilterableKeys
        let old = store.postings(of: try Metadata(encoded: record.encodedMetadata), nonFilterable: nonFilterable)
        try writer.setMetadata(
            of: row, encoded: metadata.encoded, remove: old,
            add: store.postings(of: metadata, nonFilterable: nonFilterable))
        try writer.append(.metadataChanged([row]))
    }
}
