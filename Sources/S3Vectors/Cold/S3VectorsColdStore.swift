internal import Synchronization
package import Tiers
package import Vectors

/// An index of S3 Vectors, or of any server of its API, as the cold store of a collection.
///
/// As the protocol demands it neither retries nor caches; keys that have just expired are renewed and the call is sent
/// once more. Writes wait for the index's rate, within their timeout.
package final class S3VectorsColdStore: ColdStore {
    package let client: S3VectorsClient
    package let index: IndexTarget
    package let limits: ColdLimits
    private let strangeMetadata = Atomic<Int>(0)

    /// - Parameter segmentCount: into how many parts a listing may be split; nil: what S3 Vectors allows.
    package init(_ client: S3VectorsClient, _ index: IndexTarget, segmentCount: Int? = nil) {
        self.client = client
        self.index = index
        var limits = ColdLimits()
        if let segmentCount { limits.segments = segmentCount }
        self.limits = limits
    }

    /// Vectors whose metadata broke the rules of S3 Vectors (some servers take more), and lost what broke them.
    package var strangeMetadataCount: Int { strangeMetadata.load(ordering: .relaxed) }

    package func describe(timeout: Duration) async throws(ColdError) -> ColdDescription {
        let answer = try await send(GetIndex(index: index), timeout)
        return ColdDescription(
            dimension: answer.dimension, metric: answer.distanceMetric,
            nonFilterableKeys: answer.metadataConfiguration?.nonFilterableMetadataKeys ?? [],
            creationTime: answer.creationTime)
    }

    /// The bucket is made, too, if it is not there.
    package func create(_ description: ColdDescription, timeout: Duration) async throws(ColdError) {
        let deadline = client.parts.clock.now + timeout
        let (bucket, name) = index.parts
        let keys = description.nonFilterableKeys
        let request = CreateIndex(
            bucket: bucket, indexName: name, dimension: description.dimension, distanceMetric: description.metric,
            metadataConfiguration: keys.isEmpty ? nil : MetadataConfiguration(nonFilterableMetadataKeys: keys))
        do throws(ColdError) {
            _ = try await send(request, timeout)
        } catch .refused(status: 404, _, _) {
            do throws(ColdError) {
                let left = deadline - client.parts.clock.now
                _ = try await send(CreateVectorBucket(vectorBucketName: index.bucket), left)
            } catch .refused(status: 409, _, _) {
                // Somebody else has just made it.
            }
            _ = try await send(request, deadline - client.parts.clock.now)
        }
    }

    /// The bucket stays: it may hold others.
    package func erase(timeout: Duration) async throws(ColdError) {
        do throws(ColdError) {
            _ = try await send(DeleteIndex(index: index), timeout)
        } catch .refused(status: 404, _, _) {
            // It is gone already.
        }
    }

    package func fetch(
        _ keys: [VectorKey], _ parts: ColdParts, timeout: Duration
    ) async throws(ColdError) -> [ColdVector] {
        let request = GetVectors(
            index: index, keys: keys.map(\.text), returnData: parts.contains(.values),
            returnMetadata: parts.contains(.metadata))
        return try await send(request, timeout).vectors.map { (vector) throws(ColdError) in try read(vector, parts) }
    }

    /// All or none, but for vectors that are larger together than a request may be: these go in several, and if a
    /// later one is refused the error says that some were written.
    package func put(_ vectors: [ColdVector], timeout: Duration) async throws(ColdError) {
        let start = client.parts.clock.now
        let records = vectors.map { vector in
            PutVectors.Vector(
                key: vector.key.text, data: vector.values ?? [],
                metadata: vector.metadata.flatMap { $0.isEmpty ? nil : .object($0.fields) })
        }
        let batches: [Range<Int>]
        do throws(S3VectorsError) { batches = try VectorBatches.split(records) } catch { throw ColdError(error) }
        for batch in batches {
            do throws(ColdError) {
                let left = timeout - (client.parts.clock.now - start)
                _ = try await send(PutVectors(index: index, vectors: Array(records[batch])), left)
            } catch {
                guard batch.lowerBound > 0, !error.mayHaveApplied else { throw error }
                if error.isRetryable { throw .unavailable(status: 503, message: "\(error)") }
                let count = batch.lowerBound
                throw .strangeAnswer(what: "\(count) of \(records.count) vectors were written, then: \(error)")
            }
        }
    }

    package func delete(_ keys: [VectorKey], timeout: Duration) async throws(ColdError) {
        _ = try await send(DeleteVectors(index: index, keys: keys.map(\.text)), timeout)
    }

    package func list(_ request: ColdListRequest, timeout: Duration) async throws(ColdError) -> ColdPage {
        let isSplit = request.segment.map { $0.count > 1 } ?? false
        let answer = try await send(
            ListVectors(
                index: index, maxResults: request.limit, nextToken: request.token,
                segmentCount: isSplit ? request.segment?.count : nil,
                segmentIndex: isSplit ? request.segment?.index : nil,
                returnData: request.parts.contains(.values), returnMetadata: request.parts.contains(.metadata)),
            timeout)
        let token = answer.nextToken.flatMap { $0.isEmpty ? nil : $0 }
        if let token, token == request.token {
            throw .strangeAnswer(what: "the token of the next page is that of this one")
        }
        let vectors = try answer.vectors.map { (vector) throws(ColdError) in try read(vector, request.parts) }
        return ColdPage(vectors: vectors, nextToken: token)
    }

    package func query(_ query: ColdQuery, timeout: Duration) async throws(ColdError) -> [ColdHit]? {
        var request = QueryVectors(index: index, topK: query.count, queryVector: query.values)
        request.filter = query.filter?.json
        request.returnDistance = true
        request.returnMetadata = query.wantsMetadata
        let answer: QueryVectors.Answer
        do throws(S3VectorsError) {
            answer = try await client.allHits(request, .within(timeout))
        } catch {
            throw ColdError(error)
        }
        return try answer.vectors.map { (hit) throws(ColdError) in
            guard let distance = hit.distance, distance.isFinite else {
                throw .strangeAnswer(what: "the hit \"\(hit.key)\" has no distance")
            }
            return ColdHit(
                key: try key(hit.key), distance: distance, metadata: query.wantsMetadata ? metadata(hit.metadata) : nil)
        }
    }

    // MARK: There and back

    private func send<R: WireRequest>(_ request: R, _ timeout: Duration) async throws(ColdError) -> R.Answer {
        guard timeout > .zero else { throw .timedOut }
        do throws(S3VectorsError) {
            return try await client.send(request, .within(timeout))
        } catch {
            throw ColdError(error)
        }
    }

    private func read(_ vector: VectorOutput, _ parts: ColdParts) throws(ColdError) -> ColdVector {
        var values: [Float]?
        if parts.contains(.values) {
            guard let data = vector.data, !data.isEmpty, data.allSatisfy(\.isFinite) else {
                throw .strangeAnswer(what: "the vector of key \"\(vector.key)\" is not there, or not finite")
            }
            values = data
        }
        return ColdVector(
            key: try key(vector.key), values: values,
            metadata: parts.contains(.metadata) ? metadata(vector.metadata) : nil)
    }

    private func key(_ text: String) throws(ColdError) -> VectorKey {
        do { return try VectorKey(text) } catch { throw .strangeAnswer(what: "a key: \(error)") }
    }

    /// What of it keeps the rules. Some servers of the API allow nested objects and null; a vector must not be out of
    /// reach for that.
    private func metadata(_ value: JSONValue?) -> Metadata {
        guard let value else { return Metadata() }
        if let whole = try? Metadata(value) { return whole }
        strangeMetadata.wrappingAdd(1, ordering: .relaxed)
        guard case .object(let members) = value else { return Metadata() }
        let sound = members.filter { (try? Metadata(.object([$0]))) != nil }
        return (try? Metadata(.object(Array(sound.prefix(Metadata.fieldLimit))))) ?? Metadata()
    }
}

extension IndexTarget {
    /// The name of its bucket.
    fileprivate var bucket: String { bucketName ?? arn.flatMap { ResourceName($0)?.bucket } ?? "" }

    /// What its making names: an ARN of the bucket where this is one, so that the account is the same.
    fileprivate var parts: (bucket: BucketTarget, index: String) {
        guard let arn, var name = ResourceName(arn) else { return (BucketTarget(name: bucketName), indexName ?? "") }
        let index = name.index ?? ""
        name.index = nil
        return (BucketTarget(arn: name.description), index)
    }
}

extension Patience {
    /// One attempt, waiting for its turn included.
    static func within(_ timeout: Duration) -> Patience {
        Patience(timeout: timeout, total: timeout, attemptLimit: 1)
    }
}
