import S3Vectors
import Testing
import Tiers
import Vectors

@testable import Server

/// Our own client against our own server, over a real socket.
@Suite("our client and our server")
struct ClientTests {
    private static let keys = Credentials(
        accessKeyID: "AKID", secretAccessKey: "the secret", sessionToken: nil, origin: "the test")

    /// Runs `body` with a client of a running server that checks signatures.
    private func serve(
        _ credentials: Credentials = keys, _ body: @escaping @Sendable (S3VectorsClient) async throws -> Void
    ) async throws {
        let keys = SigningKeys(accessKey: "AKID", secretKey: "the secret")
        let accessKeys = AccessKeys([Principal(keys: keys, buckets: nil, isReadOnly: false)])
        let fixture = try ServiceFixture { $0.accessKeys = accessKeys }
        var listening = Listening(host: "127.0.0.1", port: 0)
        listening.endsOnSignals = false
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let server = Task { [listening] in try await listening.run(fixture.service) { continuation.yield($0) } }
        for await port in ports {
            let transport = try CurlTransport()
            try await body(
                S3VectorsClient(
                    .init(
                        endpoint: "http://127.0.0.1:\(port)", region: "us-east-1",
                        credentials: FixedCredentials(credentials), http: transport,
                        wallClock: { ServiceFixture.now })))
            break
        }
        server.cancel()
        _ = await server.result
    }

    @Test("every operation goes there and back")
    func everyOperation() async throws {
        try await serve { client in
            let bucket = BucketTarget(name: "news")
            let index = IndexTarget(bucketName: "news", indexName: "items")
            let made = try await client.send(CreateVectorBucket(vectorBucketName: "news", tags: ["a": "b"]))
            #expect(made.vectorBucketArn.hasSuffix(":bucket/news"))
            #expect(try await client.send(GetVectorBucket(bucket: bucket)).vectorBucketName == "news")
            #expect(try await client.allBuckets(prefix: "ne").map(\.vectorBucketName) == ["news"])
            _ = try await client.send(PutVectorBucketPolicy(bucket: bucket, policy: "{}"))
            #expect(try await client.send(GetVectorBucketPolicy(bucket: bucket)).policy == "{}")
            _ = try await client.send(DeleteVectorBucketPolicy(bucket: bucket))
            _ = try await client.send(PutVectorBucketDefaultIndexMode(bucket: bucket, defaultIndexMode: "ENHANCED"))
            let arn = try await client.send(
                CreateIndex(bucket: bucket, indexName: "items", dimension: 3, distanceMetric: .euclidean)
            ).indexArn
            #expect(try await client.send(GetIndex(index: IndexTarget(arn: arn))).dimension == 3)
            #expect(try await client.allIndexes(of: bucket).map(\.indexName) == ["items"])
            _ = try await client.send(UpdateIndexMode(index: index, indexMode: "ENHANCED"))
            let vectors = (0..<700).map { number in
                PutVectors.Vector(
                    key: "k \(number) é", data: [Float(number), 0.1, -1e-20],
                    metadata: .object([.init("n", .integer(Int64(number)))]))
            }
            try await client.putAll(vectors, to: index)
            let found = try await client.getAll(
                vectors.map(\.key), of: index, returnsData: true, returnsMetadata: true)
            #expect(found.count == 700)
            let byKey = Dictionary(uniqueKeysWithValues: found.map { ($0.key, $0) })
            #expect(vectors.allSatisfy { byKey[$0.key]?.data == $0.data && byKey[$0.key]?.metadata == $0.metadata })
            var query = QueryVectors(index: index, topK: 250, queryVector: [0, 0.1, 0])
            query.returnDistance = true
            query.filter = .object([.init("n", .object([.init("$gte", .integer(100))]))])
            let hits = try await client.allHits(query).vectors
            #expect(hits.map(\.key) == (100..<350).map { "k \($0) é" })
            #expect(hits.first?.distance == 100)
            try await client.deleteAll(vectors.prefix(600).map(\.key), from: index)
            let left = Counted()
            try await client.list(.init(index: index, returnsData: false, returnsMetadata: false)) { page in
                await left.add(page.vectors.map(\.key))
            }
            #expect(await left.keys.sorted() == vectors.dropFirst(600).map(\.key).sorted())
            _ = try await client.send(TagResource(resourceArn: arn, tags: ["k 1": "v/é", "x": ""]))
            _ = try await client.send(UntagResource(resourceArn: arn, tagKeys: ["x"]))
            #expect(try await client.send(ListTagsForResource(resourceArn: arn)).tags == ["k 1": "v/é"])
            _ = try await client.send(DeleteIndex(index: index))
            _ = try await client.send(DeleteVectorBucket(bucket: bucket))
            #expect(try await client.allBuckets().isEmpty)
            let sent = Set(client.meter.counts.keys)
            #expect(Set(Operation.allCases).subtracting(sent) == [.updateMetadataConfiguration])
        }
    }

    private actor Counted {
        var keys: [String] = []
        func add(_ more: [String]) { keys += more }
    }

    @Test("a collection's cold store works on it")
    func coldStore() async throws {
        try await serve { client in
            _ = try await client.send(CreateVectorBucket(vectorBucketName: "news"))
            let metadata = MetadataConfiguration(nonFilterableMetadataKeys: ["text"])
            _ = try await client.send(
                CreateIndex(
                    bucket: BucketTarget(name: "news"), indexName: "items", dimension: 4096, distanceMetric: .cosine,
                    metadataConfiguration: metadata))
            let store = S3VectorsColdStore(client, IndexTarget(bucketName: "news", indexName: "items"))
            let time = Duration.seconds(120)
            let description = try await store.describe(timeout: time)
            #expect(description.dimension == 4096 && description.nonFilterableKeys == ["text"])
            #expect(description.creationTime > 0)
            // Larger together than one request may be.
            let vectors = try (0..<500).map { number in
                ColdVector(
                    key: try VectorKey("key-\(number)"),
                    values: (0..<4096).map { -Float(number + 1) * 0.123_456_7e-3 - Float($0) * 1.1e-7 },
                    metadata: try Metadata(json: #"{"n":\#(number),"text":"long"}"#))
            }
            try await store.put(vectors, timeout: time)
            #expect(client.meter.counts[.putVectors]?.requestCount == 2)
            let some = try await store.fetch(vectors.prefix(100).map(\.key), [.values, .metadata], timeout: time)
            #expect(some.sorted { $0.key < $1.key } == vectors.prefix(100).sorted { $0.key < $1.key })
            var query = ColdQuery(values: vectors[7].values ?? [], count: 3, filter: try Filter(json: #"{"n":7}"#))
            query.wantsMetadata = true
            let hits = try #require(try await store.query(query, timeout: time))
            #expect(hits.map(\.key.text) == ["key-7"] && hits[0].metadata == vectors[7].metadata)
            try await store.delete(vectors.map(\.key), timeout: time)
            #expect(try await store.list(ColdListRequest([], limit: 1000), timeout: time).vectors.isEmpty)
        }
    }

    @Test("who is not let in is told so at once")
    func refused() async throws {
        let wrong = Credentials(accessKeyID: "AKID", secretAccessKey: "guess", origin: "the test")
        try await serve(wrong) { client in
            let error = await #expect(throws: S3VectorsError.self) { try await client.allBuckets() }
            guard case .service(.listVectorBuckets, let refusal)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(refusal.status == 403 && refusal.code == .invalidSignature)
            // Once more at most: the answer's date is that of this machine, the service's clock stands still.
            #expect(client.meter.total.requestCount <= 2)
        }
    }
}
