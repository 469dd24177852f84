package struct CreateVectorBucket: WireRequest {
    package static let operation = Operation.createVectorBucket
    package var vectorBucketName: String
    package var encryptionConfiguration: EncryptionConfiguration?
    package var tags: Tags?

    package init(
        vectorBucketName: String, encryptionConfiguration: EncryptionConfiguration? = nil, tags: Tags? = nil
    ) {
        self.vectorBucketName = vectorBucketName
        self.encryptionConfiguration = encryptionConfiguration
        self.tags = tags
    }

    package init(_ object: WireObject) {
        vectorBucketName = object.requiredString("vectorBucketName", length: Limits.name)
        encryptionConfiguration = object.object("encryptionConfiguration").map { EncryptionConfiguration($0) }
        tags = object.map("tags").map { Tags($0) }
    }

    package func write(to out: inout WireWriter) {
        out.member("vectorBucketName", vectorBucketName)
        if let encryptionConfiguration {
            out.member("encryptionConfiguration", object: encryptionConfiguration.write)
        }
        out.member("tags", map: tags?.pairs)
    }

    package struct Answer: WireAnswer, Equatable {
        package var vectorBucketArn: String
        package init(vectorBucketArn: String) { self.vectorBucketArn = vectorBucketArn }
        // Some other servers of this API answer without it.
        package init(_ object: WireObject) { vectorBucketArn = object.string("vectorBucketArn") ?? "" }
        package func write(to out: inout WireWriter) { out.member("vectorBucketArn", vectorBucketArn) }
    }
}

package struct GetVectorBucket: WireRequest {
    package static let operation = Operation.getVectorBucket
    package var bucket: BucketTarget

    package init(bucket: BucketTarget) { self.bucket = bucket }
    package init(_ object: WireObject) { bucket = BucketTarget(object) }
    package func write(to out: inout WireWriter) { bucket.write(to: &out) }

    package struct Answer: WireAnswer, Equatable {
        package var vectorBucketName: String
        package var vectorBucketArn: String
        /// Seconds since 1970.
        package var creationTime: Double
        package var encryptionConfiguration: EncryptionConfiguration?
        package var defaultIndexMode: String?

        package init(
            vectorBucketName: String, vectorBucketArn: String, creationTime: Double,
            encryptionConfiguration: EncryptionConfiguration? = nil, defaultIndexMode: String? = nil
        ) {
            self.vectorBucketName = vectorBucketName
            self.vectorBucketArn = vectorBucketArn
            self.creationTime = creationTime
            self.encryptionConfiguration = encryptionConfiguration
            self.defaultIndexMode = defaultIndexMode
        }

        package init(_ object: WireObject) {
            let bucket = object.requiredObject("vectorBucket")
            vectorBucketName = bucket?.requiredString("vectorBucketName") ?? ""
            vectorBucketArn = bucket?.requiredString("vectorBucketArn") ?? ""
            creationTime = bucket?.number("creationTime") ?? 0
            encryptionConfiguration = bucket?.object("encryptionConfiguration").map { EncryptionConfiguration($0) }
            defaultIndexMode = bucket?.string("defaultIndexMode")
        }

        package func write(to out: inout WireWriter) {
            out.member("vectorBucket") { out in
                out.member("vectorBucketName", vectorBucketName)
                out.member("vectorBucketArn", vectorBucketArn)
                out.member("creationTime", creationTime)
                if let encryptionConfiguration {
                    out.member("encryptionConfiguration", object: encryptionConfiguration.write)
                }
                out.member("defaultIndexMode", defaultIndexMode)
            }
        }
    }
}

package struct ListVectorBuckets: WireRequest {
    package static let operation = Operation.listVectorBuckets
    package var maxResults: Int?
    package var nextToken: String?
    package var prefix: String?

    package init(maxResults: Int? = nil, nextToken: String? = nil, prefix: String? = nil) {
        self.maxResults = maxResults
        self.nextToken = nextToken
        self.prefix = prefix
    }

    package init(_ object: WireObject) {
        maxResults = object.integer("maxResults", in: Limits.listOthers)
        nextToken = object.string("nextToken", length: Limits.listToken)
        prefix = object.string("prefix", length: Limits.namePrefix)
    }

    package func write(to out: inout WireWriter) {
        out.member("maxResults", maxResults)
        out.member("nextToken", nextToken)
        out.member("prefix", prefix)
    }

    package struct Bucket: Equatable, Sendable {
        package var vectorBucketName: String
        package var vectorBucketArn: String
        /// Seconds since 1970.
        package var creationTime: Double

        package init(vectorBucketName: String, vectorBucketArn: String, creationTime: Double) {
            self.vectorBucketName = vectorBucketName
            self.vectorBucketArn = vectorBucketArn
            self.creationTime = creationTime
        }
    }

    package struct Answer: WireAnswer, Equatable {
        package var vectorBuckets: [Bucket]
        package var nextToken: String?

        package init(vectorBuckets: [Bucket], nextToken: String? = nil) {
            self.vectorBuckets = vectorBuckets
            self.nextToken = nextToken
        }

        package init(_ object: WireObject) {
            vectorBuckets = object.requiredObjects("vectorBuckets") { bucket in
                Bucket(
                    vectorBucketName: bucket.requiredString("vectorBucketName"),
                    vectorBucketArn: bucket.requiredString("vectorBucketArn"),
                    creationTime: bucket.number("creationTime") ?? 0)
            }
            nextToken = object.string("nextToken")
        }

        package func write(to out: inout WireWriter) {
            out.array("vectorBuckets", vectorBuckets) { bucket, out in
                out.object { out in
                    out.member("vectorBucketName", bucket.vectorBucketName)
                    out.member("vectorBucketArn", bucket.vectorBucketArn)
                    out.member("creationTime", bucket.creationTime)
                }
            }
            out.member("nextToken", nextToken)
        }
    }
}

package struct DeleteVectorBucket: WireRequest {
    package typealias Answer = EmptyAnswer
    package static let operation = Operation.deleteVectorBucket
    package var bucket: BucketTarget

    package init(bucket: BucketTarget) { self.bucket = bucket }
    package init(_ object: WireObject) { bucket = BucketTarget(object) }
    package func write(to out: inout WireWriter) { bucket.write(to: &out) }
}
