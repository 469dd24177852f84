internal import MemVec
internal import S3Vectors
internal import Vectors

extension Service {
    func putVectors(_ request: PutVectors, _ context: RequestContext) async throws -> EmptyAnswer {
        let name = try name(request.index, context)
        return try await catalog.withIndex(name) { index in
            let collection = index.collection
            try Self.checkKeys(request.vectors.map(\.key), path: "vectors")
            var records: [VectorRecord] = []
            records.reserveCapacity(request.vectors.count)
            for (position, vector) in request.vectors.enumerated() {
                records.append(try Self.record(vector, position, collection))
            }
            try await collection.put(records)
            return EmptyAnswer()
        }
    }

    /// - Throws: ``ServiceError`` in the service's words, ours behind them.
    private static func record(
        _ vector: PutVectors.Vector, _ position: Int, _ collection: VectorCollection
    ) throws(ServiceError) -> VectorRecord {
        func wrong(_ text: String, _ path: String) -> ServiceError {
            .invalid("Invalid record for key '\(vector.key)': \(text)", path: path, detail: text)
        }
        let path = "vectors[\(position)]"
        do throws(InputError) {
            try InputVector.check(
                vector.data, dimension: collection.dimension, metric: collection.metric, key: vector.key)
        } catch {
            throw wrong(text(error), path)
        }
        var metadata = Metadata()
        do throws(MetadataError) {
            if let given = vector.metadata { metadata = try Metadata(given) }
            try metadata.checkLimits(nonFilterable: collection.nonFilterableKeys)
        } catch {
            throw wrong(error.description, path + ".metadata")
        }
        return VectorRecord(key: try key(vector.key, path: path), values: vector.data, metadata: metadata)
    }

    static func text(_ error: InputError) -> String {
        switch error {
        case .wrongDimension(_, let valueCount, let dimension):
            "vector must have length \(dimension), but has length \(valueCount)"
        case .notFinite(_, let position, let value):
            "vector contains NaNs or Infs: \(value) at position \(position)"
        case .zeroNorm: "cosine distance does not support vectors with zero norm"
        default: error.description
        }
    }

    static func key(_ text: String, path: String) throws(ServiceError) -> VectorKey {
        do {
            return try VectorKey(text)
        } catch {
            throw .invalid("Record key length exceeds the maximum allowed: \(error)", path: path)
        }
    }

    /// - Throws: ``ServiceError`` for a key of too many bytes, or one that is there twice.
    static func checkKeys(_ keys: [String], path: String, mayRepeat: Bool = false) throws(ServiceError) {
        var seen: Set<VectorKey> = []
        for (position, text) in keys.enumerated() {
            let key = try key(text, path: "\(path)[\(position)]")
            guard seen.insert(key).inserted || mayRepeat else {
                throw .invalid(
                    "Request must not contain duplicate keys: \(JSONValue.string(text).summary) is there twice",
                    path: path, detail: "Request must not contain duplicate keys")
            }
        }
    }

    func deleteVectors(_ request: DeleteVectors, _ context: RequestContext) async throws -> EmptyAnswer {
        let name = try name(request.index, context)
        return try await catalog.withIndex(name) { index in
            try Self.checkKeys(request.keys, path: "keys")
            try await index.collection.delete(keys: request.keys)
            return EmptyAnswer()
        }
    }
}
