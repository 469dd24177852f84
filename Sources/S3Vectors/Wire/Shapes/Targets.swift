/// The bucket that a request is about, by name or by ARN. Which of them are given the service judges, not the model.
package struct BucketTarget: Equatable, Sendable {
    package var name: String?
    package var arn: String?

    package init(name: String? = nil, arn: String? = nil) {
        self.name = name
        self.arn = arn
    }

    init(_ object: WireObject) {
        name = object.string("vectorBucketName", length: Limits.name)
        arn = object.string("vectorBucketArn")
    }

    func write(to out: inout WireWriter) {
        out.member("vectorBucketName", name)
        out.member("vectorBucketArn", arn)
    }
}

/// The index that a request is about, by two names or by ARN.
package struct IndexTarget: Equatable, Sendable {
    package var bucketName: String?
    package var indexName: String?
    package var arn: String?

    package init(bucketName: String? = nil, indexName: String? = nil, arn: String? = nil) {
        self.bucketName = bucketName
        self.indexName = indexName
        self.arn = arn
    }

    init(_ object: WireObject) {
        bucketName = object.string("vectorBucketName", length: Limits.name)
        indexName = object.string("indexName", length: Limits.name)
        arn = object.string("indexArn")
    }

    func write(to out: inout WireWriter) {
        out.member("vectorBucketName", bucketName)
        out.member("indexName", indexName)
        out.member("indexArn", arn)
    }
}
