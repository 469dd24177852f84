internal import Vectors

extension S3VectorsClient {
    /// All buckets whose names begin so.
    package func allBuckets(
        prefix: String? = nil, _ patience: Patience = .usual
    ) async throws(S3VectorsError) -> [ListVectorBuckets.Bucket] {
        var request = ListVectorBuckets(maxResults: Limits.listOthers.upperBound, prefix: prefix)
        var buckets: [ListVectorBuckets.Bucket] = []
        while true {
            let page = try await send(request, patience)
            buckets += page.vectorBuckets
            guard let token = try next(page.nextToken, after: request.nextToken, .listVectorBuckets) else {
                return buckets
            }
            request.nextToken = token
        }
    }

    /// All indexes of a bucket whose names begin so.
    package func allIndexes(
        of bucket: BucketTarget, prefix: String? = nil, _ patience: Patience = .usual
    ) async throws(S3VectorsError) -> [ListIndexes.Index] {
        var request = ListIndexes(bucket: bucket, maxResults: Limits.listOthers.upperBound, prefix: prefix)
        var indexes: [ListIndexes.Index] = []
        while true {
            let page = try await send(request, patience)
            indexes += page.indexes
            guard let token = try next(page.nextToken, after: request.nextToken, .listIndexes) else { return indexes }
            request.nextToken = token
        }
    }

    /// The whole answer of a query, page by page; never more than `topK`.
    ///
    /// A token that has grown too old makes the service refuse a page: the query is begun again then, once.
    package func allHits(
        _ query: QueryVectors, _ patience: Patience = .usual
    ) async throws(S3VectorsError) -> QueryVectors.Answer {
        do throws(S3VectorsError) {
            return try await hits(query, patience)
        } catch .service(let operation, let error) {
            guard error.code == .validation, error.message.lowercased().contains("token") else {
                throw .service(operation, error)
            }
            return try await hits(query, patience)
        }
    }

    private func hits(
        _ query: QueryVectors, _ patience: Patience
    ) async throws(S3VectorsError) -> QueryVectors.Answer {
        var request = query
        request.nextToken = nil
        var answer = try await send(request, patience)
        while answer.vectors.count < query.topK,
            let token = try next(answer.nextToken, after: request.nextToken, .queryVectors)
        {
            request.nextToken = token
            let page = try await send(request, patience)
            answer.vectors += page.vectors
            answer.nextToken = page.nextToken
        }
        answer.vectors = Array(answer.vectors.prefix(query.topK))
        answer.nextToken = nil
        return answer
    }

    /// The token of the next page; nil after the last.
    /// - Throws: ``S3VectorsError/strangeAnswer(_:what:)`` for the same token twice, which would go on for ever.
    func next(
        _ token: String?, after last: String?, _ operation: Operation
    ) throws(S3VectorsError) -> String? {
        guard let token, !token.isEmpty else { return nil }
        guard token != last else {
            throw .strangeAnswer(operation, what: "the token of the next page is that of this one")
        }
        return token
    }
}
