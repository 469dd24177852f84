internal import Vectors

extension S3VectorsClient {
    /// Writes any number of vectors, in requests as large as they may be, several at once.
    ///
    /// - Parameter requestLimit: requests under way at once.
    /// - Throws: ``S3VectorsError`` of the first request that failed; requests that went before or beside it may have
    ///   been carried out.
    package func putAll(
        _ vectors: [PutVectors.Vector], to index: IndexTarget, requestLimit: Int = 4, _ patience: Patience = .bulk
    ) async throws(S3VectorsError) {
        let batches = try VectorBatches.split(vectors)
        try await each(batches, requestLimit) { [self] (batch) async throws(S3VectorsError) in
            _ = try await send(PutVectors(index: index, vectors: Array(vectors[batch])), patience)
        }
    }

    /// Deletes any number of keys. A key that comes twice is sent once: the service refuses it else.
    package func deleteAll(
        _ keys: [String], from index: IndexTarget, requestLimit: Int = 4, _ patience: Patience = .bulk
    ) async throws(S3VectorsError) {
        let keys = Self.unique(keys)
        try await each(VectorBatches.split(keys.count, by: Limits.deleteKeys.upperBound), requestLimit) {
            [self] (batch) async throws(S3VectorsError) in
            _ = try await send(DeleteVectors(index: index, keys: Array(keys[batch])), patience)
        }
    }

    /// The vectors of any number of keys, in any order; keys that are not there are left out.
    package func getAll(
        _ keys: [String], of index: IndexTarget, returnsData: Bool, returnsMetadata: Bool, requestLimit: Int = 8,
        _ patience: Patience = .usual
    ) async throws(S3VectorsError) -> [VectorOutput] {
        let keys = Self.unique(keys)
        let batches = VectorBatches.split(keys.count, by: Limits.getKeys.upperBound)
        return try await each(batches, requestLimit) { [self] (batch) async throws(S3VectorsError) in
            let request = GetVectors(
                index: index, keys: Array(keys[batch]), returnData: returnsData, returnMetadata: returnsMetadata)
            return try await send(request, patience).vectors
        }.flatMap(\.self)
    }

    /// By their bytes, in their order.
    private static func unique(_ keys: [String]) -> [String] {
        var seen: Set<[UInt8]> = []
        return keys.filter { seen.insert(Array($0.utf8)).inserted }
    }

    /// Runs `body` for each range, `limit` at once; the first failure ends all.
    @discardableResult private func each<R: Sendable>(
        _ ranges: [Range<Int>], _ limit: Int,
        _ body: @escaping @Sendable (Range<Int>) async throws(S3VectorsError) -> R
    ) async throws(S3VectorsError) -> [R] {
        let result: Result<[R], S3VectorsError> = await withTaskGroup(of: Result<R, S3VectorsError>.self) { group in
            var results: [R] = []
            var waiting = ranges[...]
            @Sendable func run(_ range: Range<Int>) async -> Result<R, S3VectorsError> {
                do throws(S3VectorsError) { return .success(try await body(range)) } catch { return .failure(error) }
            }
            for range in waiting.prefix(max(1, limit)) { group.addTask { await run(range) } }
            waiting = waiting.dropFirst(max(1, limit))
            while let result = await group.next() {
                switch result {
                case .success(let value): results.append(value)
                case .failure(let error):
                    group.cancelAll()
                    return .failure(error)
                }
                if let range = waiting.popFirst() { group.addTask { await run(range) } }
            }
            return .success(results)
        }
        return try result.get()
    }
}

/// How many records go into one request.
package enum VectorBatches {
    /// Ranges of at most `limit` that cover 0..<count.
    static func split(_ count: Int, by limit: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: limit).map { $0..<min(count, $0 + limit) }
    }

    /// Ranges of vectors that fit into a request each: at most 500, at most 20 MiB of JSON.
    /// - Throws: ``S3VectorsError/recordTooLarge(key:byteCount:)``.
    package static func split(
        _ vectors: [PutVectors.Vector], byteLimit: Int = Limits.bodyBytes
    ) throws(S3VectorsError) -> [Range<Int>] {
        // The names of bucket and index, an ARN at most, and the members' names.
        let frame = 2 * Limits.arn.upperBound + 200
        // The rule, which needs no look at the numbers.
        if (1...Limits.putVectors.upperBound).contains(vectors.count),
            vectors.reduce(frame, { $0 + Self.byteBound($1) }) <= byteLimit
        {
            return [vectors.indices]
        }
        var ranges: [Range<Int>] = []
        var start = 0
        var byteCount = frame
        for (position, vector) in vectors.enumerated() {
            let size = Self.byteCount(vector)
            guard frame + size <= byteLimit else { throw .recordTooLarge(key: vector.key, byteCount: frame + size) }
            if position - start == Limits.putVectors.upperBound || byteCount + size > byteLimit {
                ranges.append(start..<position)
                start = position
                byteCount = frame
            }
            byteCount += size
        }
        if start < vectors.count { ranges.append(start..<vectors.count) }
        return ranges
    }

    /// At least the bytes of a record in JSON.
    private static func byteBound(_ vector: PutVectors.Vector) -> Int {
        // A float32 in the fewest digits has 16 characters at most; and a comma.
        17 * vector.data.count + 6 * vector.key.utf8.count + (vector.metadata?.byteCount ?? 0) + 48
    }

    /// Bytes of a record in JSON, exactly but for a comma too much: the numbers are printed to be counted, as their
    /// length varies from 1 to 16.
    static func byteCount(_ vector: PutVectors.Vector) -> Int {
        var text = JSONText()
        text.append(floats: vector.data)
        let key = JSONValue.string(vector.key).byteCount
        return text.bytes.count + key + (vector.metadata?.byteCount ?? 0) + 48
    }
}
