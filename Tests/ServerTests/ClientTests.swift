import S3Vectors
import Testing
import Tiers
import Vectors

@testable import Server

/// Our own client against our own server, over a real socket, and against others of the same API.
@Suite("our client and a server")
struct ClientTests {
    private let time = Duration.seconds(120)

    @Test("every operation that the server has goes there and back", arguments: ClientPlace.all)
    func everyOperation(place: ClientPlace) async throws {
        try await place.serve { client in
            try await buckets(client, place)
            try await vectors(client, place)
            let untried = Set(S3Vectors.Operation.allCases).subtracting(client.meter.counts.keys)
            #expect(untried.allSatisfy { place.lacks.contains($0.name) }, "\(untried)")
        }
    }

    private func buckets(_ client: S3VectorsClient, _ place: ClientPlace) async throws {
        let name = place.name()
        let bucket = BucketTarget(name: name)
        let made = try await client.send(CreateVectorBucket(vectorBucketName: name, tags: ["a": "b"]))
        let there = try await client.send(GetVectorBucket(bucket: bucket))
        #expect(there.vectorBucketName == name && there.vectorBucketArn.hasSuffix(":bucket/\(name)"))
        #expect(place.lacks.contains("arns") || made.vectorBucketArn == there.vectorBucketArn)
        #expect(try await client.allBuckets(prefix: String(name.dropLast())).map(\.vectorBucketName) == [name])
        _ = try await client.send(PutVectorBucketPolicy(bucket: bucket, policy: "{}"))
        #expect(try await client.send(GetVectorBucketPolicy(bucket: bucket)).policy == "{}")
        _ = try await client.send(DeleteVectorBucketPolicy(bucket: bucket))
        if place.has(.putVectorBucketDefaultIndexMode) {
            _ = try await client.send(
                PutVectorBucketDefaultIndexMode(bucket: bucket, defaultIndexMode: "ENHANCED"))
        }
        let arn = there.vectorBucketArn
        _ = try await client.send(TagResource(resourceArn: arn, tags: ["k 1": "v/é", "x": ""]))
        _ = try await client.send(UntagResource(resourceArn: arn, tagKeys: ["x"]))
        let tags = try await client.send(ListTagsForResource(resourceArn: arn)).tags
        #expect(Set(tags.pairs.map { "\($0.key)=\($0.value)" }) == ["a=b", "k 1=v/é"])
        _ = try await client.send(DeleteVectorBucket(bucket: bucket))
        #expect(try await client.allBuckets(prefix: name).isEmpty)
        let error = await #expect(throws: S3VectorsError.self) {
            try await client.send(GetVectorBucket(bucket: bucket))
        }
        guard case .service(.getVectorBucket, let refusal)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(refusal.status == 404 && refusal.code == .notFound)
        #expect(refusal.message == "The specified vector bucket could not be found")
    }

    private func vectors(_ client: S3VectorsClient, _ place: ClientPlace) async throws {
        let name = place.name()
        let bucket = BucketTarget(name: name)
        let index = IndexTarget(bucketName: name, indexName: "items")
        _ = try await client.send(CreateVectorBucket(vectorBucketName: name))
        _ = try await client.send(
            CreateIndex(bucket: bucket, indexName: "items", dimension: 3, distanceMetric: .euclidean))
        let arn = try await client.send(GetIndex(index: index)).indexArn
        #expect(try await client.send(GetIndex(index: IndexTarget(arn: arn))).dimension == 3)
        #expect(try await client.allIndexes(of: bucket).map(\.indexName) == ["items"])
        if place.has(.updateIndexMode) {
            _ = try await client.send(UpdateIndexMode(index: index, indexMode: "ENHANCED"))
        }
        let vectors = (0..<700).map { number in
            PutVectors.Vector(
                key: "k \(number) é", data: [Float(number), 0.1, -1e-20],
                metadata: .object([.init("n", .integer(Int64(number)))]))
        }
        try await client.putAll(vectors, to: index)
        let found = try await client.getAll(
            vectors.map(\.key), of: index, returnsData: true, returnsMetadata: true)
        let byKey = Dictionary(uniqueKeysWithValues: found.map { ($0.key, $0) })
        #expect(found.count == 700)
        #expect(vectors.allSatisfy { byKey[$0.key]?.data == $0.data && byKey[$0.key]?.metadata == $0.metadata })
        if place.has(.queryVectors) { try await queries(client, index) }
        try await client.deleteAll(vectors.prefix(600).map(\.key), from: index)
        #expect(try await keys(of: index, client, place) == vectors.dropFirst(600).map(\.key).sorted())
        _ = try await client.send(DeleteIndex(index: index))
        _ = try await client.send(DeleteVectorBucket(bucket: bucket))
    }

    private func queries(_ client: S3VectorsClient, _ index: IndexTarget) async throws {
        var query = QueryVectors(index: index, topK: 250, queryVector: [0, 0.1, 0])
        query.returnDistance = true
        query.filter = .object([.init("n", .object([.init("$gte", .integer(100))]))])
        let hits = try await client.allHits(query).vectors
        #expect(hits.map(\.key) == (100..<350).map { "k \($0) é" })
        #expect(hits.first?.distance == 100)
    }

    private actor Counted {
        var keys: [String] = []
        func add(_ more: [String]) { keys += more }
    }

    /// By a listing of all segments that the server knows.
    private func keys(of index: IndexTarget, _ client: S3VectorsClient, _ place: ClientPlace) async throws -> [String] {
        let counted = Counted()
        var listing = S3VectorsClient.Listing(index: index, returnsData: false, returnsMetadata: false)
        listing.pageLimit = 30
        listing.segmentCount = place.lacks.contains("segments") ? 1 : 3
        try await client.list(listing) { page in await counted.add(page.vectors.map(\.key)) }
        return await counted.keys.sorted()
    }

    @Test("a collection's cold store makes its index and works on it", arguments: ClientPlace.all)
    func coldStore(place: ClientPlace) async throws {
        try await place.serve { client in
            let store = S3VectorsColdStore(client, IndexTarget(bucketName: place.name(), indexName: "items"))
            let wanted = ColdDescription(dimension: 1536, metric: .cosine, nonFilterableKeys: ["text"])
            let (description, wasMade) = try await store.describeOrCreate(wanted, timeout: time)
            #expect(wasMade && description.dimension == 1536 && description.metric == .cosine)
            #expect(place.lacks.contains("metadata") || description.nonFilterableKeys == ["text"])
            #expect(try await store.describeOrCreate(wanted, timeout: time).wasMade == false)
            let vectors = try (0..<100).map { number in
                ColdVector(
                    key: try VectorKey("key-\(number)"),
                    values: (0..<1536).map { -Float(number + 1) * 0.123_456_7e-3 - Float($0) * 1.1e-7 },
                    metadata: try Metadata(json: #"{"n":\#(number),"text":"long"}"#))
            }
            try await store.put(vectors, timeout: time)
            let some = try await store.fetch(vectors.map(\.key), [.values, .metadata], timeout: time)
            #expect(some.sorted { $0.key < $1.key } == vectors.sorted { $0.key < $1.key })
            if place.has(.queryVectors) {
                var query = ColdQuery(values: vectors[7].values ?? [], count: 3, filter: try Filter(json: #"{"n":7}"#))
                query.wantsMetadata = true
                let hits = try #require(try await store.query(query, timeout: time))
                #expect(hits.map(\.key.text) == ["key-7"] && hits[0].metadata == vectors[7].metadata)
            }
            let absent = try VectorKey("absent")
            try await store.delete(vectors.map(\.key) + [absent], timeout: time)
            #expect(try await store.fetch([absent], .values, timeout: time).isEmpty)
            #expect(try await store.list(ColdListRequest([], limit: 1000), timeout: time).vectors.isEmpty)
        }
    }

    @Test("vectors that are larger together than a request go in several")
    func largePut() async throws {
        try await ClientPlace.ours(token: false).serve { client in
            let store = S3VectorsColdStore(client, IndexTarget(bucketName: "news", indexName: "items"))
            _ = try await store.describeOrCreate(ColdDescription(dimension: 4096, metric: .cosine), timeout: time)
            let vectors = try (0..<500).map { number in
                ColdVector(
                    key: try VectorKey("key-\(number)"),
                    values: (0..<4096).map { -Float(number + 1) * 0.123_456_7e-3 - Float($0) * 1.1e-7 },
                    metadata: Metadata())
            }
            try await store.put(vectors, timeout: time)
            #expect(client.meter.counts[.putVectors]?.requestCount == 2)
            let some = try await store.fetch(vectors.prefix(100).map(\.key), [.values, .metadata], timeout: time)
            #expect(some.sorted { $0.key < $1.key } == vectors.prefix(100).sorted { $0.key < $1.key })
        }
    }

    @Test(
        "who is not let in is told so at once",
        arguments: [
            Credentials(accessKeyID: "AKID", secretAccessKey: "guess", origin: "the test"),
            Credentials(accessKeyID: "nobody", secretAccessKey: "the secret", origin: "the test"),
            Credentials(accessKeyID: "ASIA", secretAccessKey: "a secret", origin: "the test"),
            Credentials(accessKeyID: "ASIA", secretAccessKey: "a secret", sessionToken: "other", origin: "the test"),
        ])
    func refused(wrong: Credentials) async throws {
        try await ClientPlace.serve(wrong) { client in
            let error = await #expect(throws: S3VectorsError.self) { try await client.allBuckets() }
            guard case .service(.listVectorBuckets, let refusal)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(refusal.status == 403, "\(refusal)")
            // Once more at most: the answer's date is that of this machine, the service's clock stands still.
            #expect(client.meter.total.requestCount <= 2)
        }
    }
}
