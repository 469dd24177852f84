import Testing
import Tiers

@testable import S3Vectors

@Suite("Addresses of remote collections")
struct ColdAddressTests {
    @Test("bucket and index, or an ARN, which says the region")
    func addresses() throws {
        let plain = try ColdAddress("s3vectors://my-bucket/an.index?segments=1")
        #expect(plain.index == IndexTarget(bucketName: "my-bucket", indexName: "an.index"))
        #expect(plain.region == nil && plain.segmentCount == 1)
        let arn = "arn:aws-cn:s3vectors:cn-north-1:111122223333:bucket/my-bucket/index/an.index"
        let named = try ColdAddress(arn)
        #expect(named.index == IndexTarget(arn: arn) && named.region == "cn-north-1" && named.segmentCount == nil)
    }

    @Test(
        "what is none is refused with its text",
        arguments: [
            "", "bucket/index", "s3://bucket/prefix", "s3vectors://bucket", "s3vectors://bucket/index/more",
            "s3vectors://B/index", "s3vectors://bu.cket/index", "s3vectors://bucket/in", "s3vectors:///index",
            "arn:aws:s3vectors:us-east-1:111122223333:bucket/bucket", "arn:aws:s3:::bucket/index",
            "s3vectors://bucket/index?segments=0", "s3vectors://bucket/index?segments=17",
            "s3vectors://bucket/index?what=1",
        ])
    func refusals(text: String) throws {
        let error = #expect(throws: ColdAddressError.self) { try ColdAddress(text) }
        let place = text.split(separator: "?").last.map { String($0) } ?? ""
        #expect(try #require(error).description.contains(place))
    }

}
