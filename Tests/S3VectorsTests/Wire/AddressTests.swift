import S3Vectors
import Testing

@Suite("paths, queries and ARNs")
struct AddressTests {
    @Test("an operation is found by method and path alone")
    func operations() {
        for operation in S3Vectors.Operation.allCases where !operation.isOnTags {
            #expect(Operation.match(method: "POST", path: operation.path)?.operation == operation)
            #expect(Operation.match(method: "GET", path: operation.path) == nil)
        }
        for path in ["", "/", "/queryvectors", "/QueryVectors/", "//QueryVectors", "/TagResource", "/tags", "/tags/"] {
            #expect(Operation.match(method: "POST", path: path) == nil, "\(path)")
        }
        #expect(S3Vectors.Operation.allCases.count(where: \.isWrite) == 13)
    }

    @Test("an ARN is one label, encoded or not")
    func labels() throws {
        let arn = "arn:aws:s3vectors:us-east-1:111122223333:bucket/demo-bucket/index/demo-index"
        for label in [PercentCoding.encoded(arn), arn] {
            let found = try #require(Operation.match(method: "GET", path: "/tags/" + label))
            #expect(found.operation == .listTagsForResource)
            #expect(found.label == arn)
        }
        #expect(Operation.match(method: "GET", path: "/tags/%zz") == nil)
        #expect(Operation.match(method: "GET", path: "/tags/%ff") == nil)
        #expect(ListTagsForResource(resourceArn: arn).path == "/tags/" + PercentCoding.encoded(arn))
    }

    @Test("percent coding there and back")
    func percentCoding() {
        let text = "a b+c=d&e/ü~☃(1)*!'@:,$;?#%25"
        #expect(PercentCoding.decoded(PercentCoding.encoded(text)) == text)
        #expect(PercentCoding.encoded("a/b c", keepingSlashes: true) == "a/b%20c")
        #expect(PercentCoding.decoded("a+b%2B") == "a+b+")
        #expect(PercentCoding.decoded("%4") == nil)
        #expect(PercentCoding.decoded("%+1") == nil)
    }

    @Test(
        "ARNs",
        arguments: [
            ("arn:aws:s3vectors:us-east-1:111122223333:bucket/demo-bucket", true),
            ("arn:aws-cn:s3vectors:cn-north-1:111122223333:bucket/a.b-c/index/x.y", true),
            ("arn:aws:s3vectors:us-east-1:111122223333:bucket/ab", false),
            ("arn:aws:s3vectors:us-east-1:11112222333:bucket/abc", false),
            ("arn:aws:s3vectors::111122223333:bucket/abc", false),
            ("arn:aws:s3:us-east-1:111122223333:bucket/abc", false),
            ("arn:aws:s3vectors:us-east-1:111122223333:bucket/abc/index", false),
            ("arn:aws:s3vectors:us-east-1:111122223333:bucket/../index/abc", false),
            ("arn:aws:s3vectors:us-east-1:111122223333:bucket/abc/index/abc/d", false),
            ("arn:aws:s3vectors:us-east-1:111122223333:bucket/Abc", false),
            ("abc", false), ("", false),
        ])
    func arns(_ text: String, _ isFine: Bool) {
        #expect(ResourceName(text).map { $0.description } == (isFine ? text : nil))
    }

    @Test(
        "names",
        arguments: [
            ("abc", true), ("ab", false), ("a-c", true), ("-bc", false), ("ab-", false), ("aBc", false), ("a_c", false),
            ("a.c", false), ("äbc", false), (String(repeating: "a", count: 63), true),
            (String(repeating: "a", count: 64), false), ("../x", false), ("a/c", false), ("a\0c", false),
        ])
    func names(_ text: String, _ isFine: Bool) {
        #expect(ResourceName.isName(text, allowingDots: false) == isFine)
        #expect(ResourceName.isName("a.c"))
    }
}
