internal import S3Vectors

extension Service {
    /// The bucket that a request names.
    /// - Throws: ``ServiceError``: neither or both ways of naming it, a name that cannot be, no permission.
    func name(_ target: BucketTarget, _ context: RequestContext) throws(ServiceError) -> String {
        let bucket: String
        switch (target.name, target.arn) {
        case (let name?, nil):
            bucket = try Self.checked(bucket: name)
        case (nil, let text?):
            guard let resource = ResourceName(text), resource.index == nil else {
                throw Self.wrongARN("/vectorBucketArn", "bucket/NAME")
            }
            bucket = resource.bucket
        default:
            throw ServiceError(.validation, "Must specify either vectorBucketName or vectorBucketArn but not both")
        }
        try context.check(bucket: bucket, resource: arn(bucket))
        return bucket
    }

    /// The index that a request names.
    /// - Throws: ``ServiceError``, as above.
    func name(_ target: IndexTarget, _ context: RequestContext) throws(ServiceError) -> IndexName {
        let name: IndexName
        switch (target.bucketName, target.indexName, target.arn) {
        case (let bucket?, let index?, nil):
            name = IndexName(bucket: try Self.checked(bucket: bucket), index: try Self.checked(index: index))
        case (nil, nil, let text?):
            guard let resource = ResourceName(text), let index = resource.index else {
                throw Self.wrongARN("/indexArn", "bucket/NAME/index/NAME")
            }
            name = IndexName(bucket: resource.bucket, index: index)
        default:
            throw ServiceError(
                .validation, "Must specify either indexArn or both vectorBucketName and indexName")
        }
        try context.check(bucket: name.bucket, resource: arn(name))
        return name
    }

    /// The bucket or index that tags are about.
    func resource(_ text: String, _ context: RequestContext) throws(ServiceError) -> ResourceName {
        guard let resource = ResourceName(text) else {
            throw Self.wrongARN("/resourceArn", "bucket/NAME or bucket/NAME/index/NAME")
        }
        try context.check(bucket: resource.bucket, resource: resource)
        return resource
    }

    static func checked(bucket: String) throws(ServiceError) -> String {
        guard ResourceName.isName(bucket, allowingDots: false) else {
            throw .invalid(
                "Invalid vector bucket name: \"\(bucket)\" is not 3 to 63 of a-z, 0-9 and -, a letter or digit first "
                    + "and last", path: "vectorBucketName", detail: "Invalid vector bucket name")
        }
        return bucket
    }

    static func checked(index: String) throws(ServiceError) -> String {
        guard ResourceName.isName(index) else {
            throw .invalid(
                "Invalid index name: \"\(index)\" is not 3 to 63 of a-z, 0-9, - and ., a letter or digit first "
                    + "and last",
                path: "indexName", detail: "Invalid index name")
        }
        return index
    }

    private static func wrongARN(_ path: String, _ end: String) -> ServiceError {
        let violation = WireError.Violation(
            path: path,
            constraint: "Member must satisfy regular expression pattern: "
                + "arn:aws[-a-z0-9]*:s3vectors:[a-z0-9-]+:[0-9]{12}:\(end)")
        return ServiceError(.violations([violation]))
    }

    func arn(_ bucket: String) -> ResourceName {
        ResourceName(region: settings.region, account: settings.account, bucket: bucket)
    }

    func arn(_ name: IndexName) -> ResourceName {
        ResourceName(region: settings.region, account: settings.account, bucket: name.bucket, index: name.index)
    }
}
