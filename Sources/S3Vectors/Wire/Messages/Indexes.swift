package import Vectors

package struct CreateIndex: WireRequest {
    package static let operation = Operation.createIndex
    package var bucket: BucketTarget
    package var indexName: String
    package var dataType = "float32"
    package var dimension: Int
    package var distanceMetric: Metric
    package var metadataConfiguration: MetadataConfiguration?
    package var encryptionConfiguration: EncryptionConfiguration?
    package var tags: Tags?

    package init(
        bucket: BucketTarget, indexName: String, dimension: Int, distanceMetric: Metric,
        metadataConfiguration: MetadataConfiguration? = nil,
        encryptionConfiguration: EncryptionConfiguration? = nil, tags: Tags? = nil
    ) {
        self.bucket = bucket
        self.indexName = indexName
        self.dimension = dimension
        self.distanceMetric = distanceMetric
        self.metadataConfiguration = metadataConfiguration
        self.encryptionConfiguration = encryptionConfiguration
        self.tags = tags
    }

    package init(_ object: WireObject) {
        bucket = BucketTarget(object)
        indexName = object.requiredString("indexName", length: Limits.name)
        dataType = object.requiredString("dataType", oneOf: ["float32"])
        dimension = object.requiredInteger("dimension", in: Limits.dimension)
        distanceMetric = Metric.required("distanceMetric", of: object)
        metadataConfiguration = object.object("metadataConfiguration").map { MetadataConfiguration($0) }
        encryptionConfiguration = object.object("encryptionConfiguration").map { EncryptionConfiguration($0) }
        tags = object.map("tags").map { Tags($0) }
    }

    package func write(to out: inout WireWriter) {
        bucket.write(to: &out)
        out.member("indexName", indexName)
        out.member("dataType", dataType)
        out.member("dimension", dimension)
        out.member("distanceMetric", distanceMetric.rawValue)
        if let metadataConfiguration { out.member("metadataConfiguration", object: metadataConfiguration.write) }
        if let encryptionConfiguration {
            out.member("encryptionConfiguration", object: encryptionConfiguration.write)
        }
        out.member("tags", map: tags?.pairs)
    }

    package struct Answer: WireAnswer, Equatable {
        package var indexArn: String
        package init(indexArn: String) { self.indexArn = indexArn }
        // Some other servers of this API answer without it.
        package init(_ object: WireObject) { indexArn = object.string("indexArn") ?? "" }
        package func write(to out: inout WireWriter) { out.member("indexArn", indexArn) }
    }
}

extension Metric {
    static func required(_ name: String, of object: WireObject) -> Metric {
        let text = object.requiredString(name, oneOf: ["euclidean", "cosine"])
        // What is neither was noted; the message is thrown away.
        return Metric(rawValue: text) ?? .cosine
    }
}

package struct GetIndex: WireRequest {
    package static let operation = Operation.getIndex
    package var index: IndexTarget

    package init(index: IndexTarget) { self.index = index }
    package init(_ object: WireObject) { index = IndexTarget(object) }
    package func write(to out: inout WireWriter) { index.write(to: &out) }

    package struct Answer: WireAnswer, Equatable {
        package var vectorBucketName: String
        package var indexName: String
        package var indexArn: String
        /// Seconds since 1970.
        package var creationTime: Double
        package var dataType = "float32"
        package var dimension: Int
        package var distanceMetric: Metric
        package var metadataConfiguration: MetadataConfiguration?
        package var encryptionConfiguration: EncryptionConfiguration?
        package var indexMode: String?

        package init(
            vectorBucketName: String, indexName: String, indexArn: String, creationTime: Double, dimension: Int,
            distanceMetric: Metric, metadataConfiguration: MetadataConfiguration? = nil,
            encryptionConfiguration: EncryptionConfiguration? = nil, indexMode: String? = nil
        ) {
            self.vectorBucketName = vectorBucketName
            self.indexName = indexName
            self.indexArn = indexArn
            self.creationTime = creationTime
            self.dimension = dimension
            self.distanceMetric = distanceMetric
            self.metadataConfiguration = metadataConfiguration
            self.encryptionConfiguration = encryptionConfiguration
            self.indexMode = indexMode
        }

        package init(_ object: WireObject) {
            let index = object.requiredObject("index")
            vectorBucketName = index?.requiredString("vectorBucketName") ?? ""
            indexName = index?.requiredString("indexName") ?? ""
            indexArn = index?.string("indexArn") ?? ""
            creationTime = index?.number("creationTime") ?? 0
            dataType = index?.string("dataType") ?? "float32"
            dimension = index?.requiredInteger("dimension", in: Limits.dimension) ?? 1
            distanceMetric = index.map { Metric.required("distanceMetric", of: $0) } ?? .cosine
            metadataConfiguration = index?.object("metadataConfiguration").map { MetadataConfiguration($0) }
            encryptionConfiguration = index?.object("encryptionConfiguration").map { EncryptionConfiguration($0) }
            indexMode = index?.string("indexMode")
        }

        package func write(to out: inout WireWriter) {
            out.member("index") { out in
                out.member("vectorBucketName", vectorBucketName)
                out.member("indexName", indexName)
                out.member("indexArn", indexArn)
                out.member("creationTime", creationTime)
                out.member("dataType", dataType)
                out.member("dimension", dimension)
                out.member("distanceMetric", distanceMetric.rawValue)
                if let metadataConfiguration {
                    out.member("metadataConfiguration", object: metadataConfiguration.write)
                }
                if let encryptionConfiguration {
                    out.member("encryptionConfiguration", object: encryptionConfiguration.write)
                }
                out.member("indexMode", indexMode)
            }
        }
    }
}

package struct DeleteIndex: WireRequest {
    package typealias Answer = EmptyAnswer
    package static let operation = Operation.deleteIndex
    package var index: IndexTarget

    package init(index: IndexTarget) { self.index = index }
    package init(_ object: WireObject) { index = IndexTarget(object) }
    package func write(to out: inout WireWriter) { index.write(to: &out) }
}
