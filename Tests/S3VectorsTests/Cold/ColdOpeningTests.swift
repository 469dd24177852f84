import Testing
import Tiers
import Vectors

@testable import S3Vectors

@Suite("Opening a cold store by its address")
struct ColdOpeningTests {
    private var options: ColdOpening.Options {
        var options = ColdOpening.Options()
        options.endpoint = "http://127.0.0.1:9"
        options.region = "eu-west-1"
        return options
    }

    @Test("bucket and index, or an ARN, are an index of S3 Vectors")
    func indexes() throws {
        let arn = "arn:aws:s3vectors:us-west-2:111122223333:bucket/bucket/index/index"
        for address in ["s3vectors://bucket/index?segments=1", arn + "?segments=1"] {
            let opened = try ColdOpening.open(address, options)
            let store = try #require(opened.store as? S3VectorsColdStore)
            #expect(store.client.endpoint == "http://127.0.0.1:9" && store.limits.segments == 1)
            #expect(opened.description == "\(address) at http://127.0.0.1:9")
            #expect(opened.meter?.bill == ColdBill())
        }
        var options = options
        options.region = nil
        let store = try ColdOpening.open(arn, options).store as? S3VectorsColdStore
        #expect(store?.client.parts.region == "us-west-2", "the ARN says it where nobody else does")
    }

    @Test("bucket and prefix are plain S3: below the path of a server of one's own, else in the host's name")
    func objects() throws {
        let opened = try ColdOpening.open("s3://bucket/a/b", options)
        let store = try #require(opened.store as? ObjectColdStore)
        #expect(store.bucket.url == "http://127.0.0.1:9/bucket/")
        #expect(opened.meter?.prices.query(.init(vectorCount: 1, vectorBytes: 1), count: 1, resultBytes: 1) == nil)
        func url(_ bucket: String, _ region: String) -> String {
            let endpoint = Endpoint.address(of: .s3, in: region)
            return ObjectBucket(
                bucket: bucket, AWSSettings(region: region, endpoint: endpoint, isEndpointSet: false),
                credentials: nil, http: FakeBucket(), wallClock: { 0 }
            ).url
        }
        #expect(url("bucket", "eu-west-1") == "https://bucket.s3.eu-west-1.amazonaws.com/")
        #expect(url("a.bucket", "eu-west-1") == "https://s3.eu-west-1.amazonaws.com/a.bucket/")
        #expect(url("bucket", "cn-north-1") == "https://bucket.s3.cn-north-1.amazonaws.com.cn/")
    }

    @Test("a wrong address or endpoint is refused before anything is asked")
    func refusals() {
        var options = options
        for address in ["nowhere", "s3://bucket", "s3vectors://bucket", "local:folder", "arn:aws:s3:::bucket"] {
            #expect(throws: ColdOpening.Failure.self, "\(address)") { try ColdOpening.open(address, options) }
        }
        options.endpoint = "nowhere"
        for address in ["s3vectors://bucket/index", "s3://bucket/prefix"] {
            #expect(throws: ColdOpening.Failure.self) { try ColdOpening.open(address, options) }
        }
    }

    @Test("what is not there is made, bucket and index; what is there is said")
    func making() async throws {
        let service = FakeService()
        let target = IndexTarget(bucketName: "new-bucket", indexName: "new-index")
        let store = S3VectorsColdStore(service.client(), target)
        let wanted = ColdDescription(dimension: 7, metric: .cosine, nonFilterableKeys: ["text"])
        let time = Duration.seconds(10)
        service.script([
            .answer(404, type: "NotFoundException"), .answer(404, type: "NotFoundException"), .body("{}"), .body("{}"),
        ])
        let (there, wasMade) = try await store.describeOrCreate(wanted, timeout: time)
        #expect(wasMade && there.dimension == 4, "the fake says of each index the same")
        let sent = service.requests.map { $0.target.path }
        #expect(sent == ["/GetIndex", "/CreateIndex", "/CreateVectorBucket", "/CreateIndex", "/GetIndex"])
        let made = try CreateIndex.read(service.requests[1].body[...])
        #expect(made.bucket.name == "new-bucket" && made.indexName == "new-index" && made.dimension == 7)
        #expect(made.distanceMetric == .cosine)
        #expect(made.metadataConfiguration?.nonFilterableMetadataKeys == ["text"])
        #expect(try await store.describeOrCreate(wanted, timeout: time).wasMade == false)
        // The loser of a race is refused, or told that the service failed, and finds what the winner made.
        for fault in [FakeService.Fault.answer(409, type: "ConflictException"), .answer(500, type: "X")] {
            service.script([.answer(404, type: "NotFoundException"), fault])
            let (there, wasMade) = try await store.describeOrCreate(wanted, timeout: time)
            #expect(!wasMade && there.dimension == 4)
        }
        service.script([.answer(404, type: "NotFoundException"), .answer(403, type: "AccessDeniedException")])
        await #expect(throws: ColdError.self) { try await store.describeOrCreate(wanted, timeout: time) }
        let bill = IndexMeter(service.client().meter, target).bill
        #expect(bill.total.requestCount == 0, "another client's meter")
        let own = IndexMeter(store.client.meter, target).bill
        #expect(own.charges[.create]?.requestCount == 6 && own.charges[.describe]?.requestCount == 8)
    }

    @Test("an ARN's index is made in the ARN's bucket")
    func makingByARN() async throws {
        let service = FakeService()
        let bucket = "arn:aws:s3vectors:us-east-1:111122223333:bucket/new-bucket"
        let store = S3VectorsColdStore(service.client(), IndexTarget(arn: bucket + "/index/new-index"))
        service.script([.answer(404, type: "NotFoundException"), .body("{}"), .body("{}")])
        try await store.create(ColdDescription(dimension: 3, metric: .euclidean), timeout: .seconds(10))
        let made = try CreateIndex.read(service.requests[0].body[...])
        #expect(made.bucket == BucketTarget(arn: bucket) && made.indexName == "new-index")
        #expect(made.metadataConfiguration == nil)
        let parent = try CreateVectorBucket.read(service.requests[1].body[...])
        #expect(parent.vectorBucketName == "new-bucket")
    }

    @Test("a collection in plain S3 is made as an empty manifest, once, with the time of its making")
    func makingObjects() async throws {
        let ground = try BucketPlace.memory.ground()
        let store = ground.store()
        let wanted = ColdDescription(dimension: 3, metric: .cosine, nonFilterableKeys: ["x"])
        let (there, wasMade) = try await store.describeOrCreate(wanted, timeout: .seconds(10))
        #expect(wasMade && there.dimension == 3 && there.metric == .cosine && there.nonFilterableKeys == ["x"])
        #expect(there.creationTime == 1_767_323_045)
        #expect(try await store.describeOrCreate(wanted, timeout: .seconds(10)).wasMade == false)
        #expect(try await ground.names() == ["manifest.json"])
        await #expect(throws: ColdError.self) { try await store.create(wanted, timeout: .seconds(10)) }
    }
}
