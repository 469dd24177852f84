internal import Storage
internal import Tiers
internal import Vectors

/// A local collection as the remote of another: the cold path without a network (`--cold local:FOLDER`).
struct CollectionColdStore: ColdStore {
    let collection: VectorCollection
    let limits = ColdLimits()

    func describe(timeout: Duration) async throws(ColdError) -> ColdDescription {
        ColdDescription(
            dimension: collection.dimension, metric: collection.metric,
            nonFilterableKeys: collection.nonFilterableKeys)
    }

    func fetch(
        _ keys: [VectorKey], _ parts: ColdParts, timeout: Duration
    ) async throws(ColdError) -> [ColdVector] {
        try await translating {
            let records = try await collection.get(keys.map(\.text), wantsVectors: parts.contains(.values))
            return records.compactMap { $0.map { Self.cold($0, parts) } }
        }
    }

    func put(_ vectors: [ColdVector], timeout: Duration) async throws(ColdError) {
        try await translating {
            try await collection.put(
                vectors.map { vector in
                    VectorRecord(
                        key: vector.key, values: vector.values ?? [],
                        metadata: vector.metadata ?? Metadata())
                })
        }
    }

    func delete(_ keys: [VectorKey], timeout: Duration) async throws(ColdError) {
        try await translating { _ = try await collection.delete(keys: keys.map(\.text)) }
    }

    func list(_ request: ColdListRequest, timeout: Duration) async throws(ColdError) -> ColdPage {
        try await translating {
            // One segment holds everything, the others nothing.
            if let segment = request.segment, segment.index > 0 { return ColdPage(vectors: [], nextToken: nil) }
            let page = try await collection.list(
                after: request.token, limit: request.limit, wantsVectors: request.parts.contains(.values))
            return ColdPage(vectors: page.records.map { Self.cold($0, request.parts) }, nextToken: page.next)
        }
    }

    func query(_ query: ColdQuery, timeout: Duration) async throws(ColdError) -> [ColdHit]? {
        try await translating {
            var options = QueryOptions()
            options.countsAsUse = false
            return try await collection.query(query.values, k: query.count, options: options).hits.map {
                ColdHit(key: $0.key, distance: $0.distance)
            }
        }
    }

    private static func cold(_ record: VectorRecord, _ parts: ColdParts) -> ColdVector {
        ColdVector(
            key: record.key, values: parts.contains(.values) ? record.values : nil,
            metadata: parts.contains(.metadata) ? record.metadata : nil)
    }

    /// Wrong input is refused as a server would; all else looks like a server that failed.
    private func translating<R>(_ body: () async throws -> R) async throws(ColdError) -> R {
        do {
            return try await body()
        } catch let error as InputError {
            throw .refused(status: 400, code: "ValidationException", message: error.description)
        } catch let error as MetadataError {
            throw .refused(status: 400, code: "ValidationException", message: error.description)
        } catch MemVecError.closed {
            throw .unreachable(message: "\(collection.folder) is closed")
        } catch MemVecError.readOnly(let folder) {
            throw .refused(status: 403, code: "AccessDeniedException", message: "\(folder) is open read-only")
        } catch {
            throw .unavailable(status: 500, message: "\(error)")
        }
    }
}
