package struct ListIndexes: WireRequest {
    package static let operation = Operation.listIndexes
    package var bucket: BucketTarget
    package var maxResults: Int?
    package var nextToken: String?
    package var prefix: String?

    package init(bucket: BucketTarget, maxResults: Int? = nil, nextToken: String? = nil, prefix: String? = nil) {
        self.bucket = bucket
        self.maxResults = maxResults
        self.nextToken = nextToken
        self.prefix = prefix
    }

    package init(_ object: WireObject) {
        bucket = BucketTarget(object)
        maxResults = object.integer("maxResults", in: Limits.listOthers)
        nextToken = object.string("nextToken", length: Limits.listToken)
        prefix = object.string("prefix", length: Limits.namePrefix)
    }

    package func write(to out: inout WireWriter) {
        bucket.write(to: &out)
        out.member("maxResults", maxResults)
        out.member("nextToken", nextToken)
        out.member("prefix", prefix)
    }

    package struct Index: Equatable, Sendable {
        package var vectorBucketName: String
        package var indexName: String
        package var indexArn: String
        /// Seconds since 1970.
        package var creationTime: Double

        package init(vectorBucketName: String, indexName: String, indexArn: String, creationTime: Double) {
            self.vectorBucketName = vectorBucketName
            self.indexName = indexName
            self.indexArn = indexArn
            self.creationTime = creationTime
        }
    }

    package struct Answer: WireAnswer, Equatable {
        package var indexes: [Index]
        package var nextToken: String?

        package init(indexes: [Index], nextToken: String? = nil) {
            self.indexes = indexes
            self.nextToken = nextToken
        }

        package init(_ object: WireObject) {
            indexes = object.requiredObjects("indexes") { index in
                Index(
                    vectorBucketName: index.requiredString("vectorBucketName"),
                    indexName: index.requiredString("indexName"), indexArn: index.requiredString("indexArn"),
                    creationTime: index.number("creationTime") ?? 0)
            }
            nextToken = object.string("nextToken")
        }

        package func write(to out: inout WireWriter) {
            out.array("indexes", indexes) { index, out in
                out.object { out in
                    out.member("vectorBucketName", index.vectorBucketName)
                    out.member("indexName", index.indexName)
                    out.member("indexArn", index.indexArn)
                    out.member("creationTime", index.creationTime)
                }
            }
            out.member("nextToken", nextToken)
        }
    }
}
