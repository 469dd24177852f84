/// The 22 operations of the S3 Vectors API, version 2025-07-15. The raw value is the name that the wire uses.
package enum Operation: String, CaseIterable, Sendable {
    case createVectorBucket = "CreateVectorBucket"
    case getVectorBucket = "GetVectorBucket"
    case listVectorBuckets = "ListVectorBuckets"
    case deleteVectorBucket = "DeleteVectorBucket"
    case putVectorBucketPolicy = "PutVectorBucketPolicy"
    case getVectorBucketPolicy = "GetVectorBucketPolicy"
    case deleteVectorBucketPolicy = "DeleteVectorBucketPolicy"
    case putVectorBucketDefaultIndexMode = "PutVectorBucketDefaultIndexMode"
    case createIndex = "CreateIndex"
    case getIndex = "GetIndex"
    case listIndexes = "ListIndexes"
    case deleteIndex = "DeleteIndex"
    case updateIndexMode = "UpdateIndexMode"
    case updateMetadataConfiguration = "UpdateMetadataConfiguration"
    case putVectors = "PutVectors"
    case getVectors = "GetVectors"
    case deleteVectors = "DeleteVectors"
    case listVectors = "ListVectors"
    case queryVectors = "QueryVectors"
    case listTagsForResource = "ListTagsForResource"
    case tagResource = "TagResource"
    case untagResource = "UntagResource"

    /// As signatures and AWS's settings name the service.
    package static let serviceName = "s3vectors"

    package var name: String { rawValue }

    /// Of the request: GET, POST or DELETE.
    package var method: String {
        switch self {
        case .listTagsForResource: "GET"
        case .untagResource: "DELETE"
        default: "POST"
        }
    }

    /// Of the request; the three that work on tags have the resource's ARN behind it, as one label.
    package var path: String { isOnTags ? "/tags/" : "/" + rawValue }

    package var isOnTags: Bool {
        switch self {
        case .listTagsForResource, .tagResource, .untagResource: true
        default: false
        }
    }

    /// Whether it can change something.
    package var isWrite: Bool {
        switch self {
        case .getVectorBucket, .listVectorBuckets, .getVectorBucketPolicy, .getIndex, .listIndexes, .getVectors,
            .listVectors, .queryVectors, .listTagsForResource:
            false
        default: true
        }
    }

    /// What a request's method and path ask for.
    ///
    /// - Parameters:
    ///   - method: in capitals, as it came.
    ///   - path: as it came, before anything is decoded and without the query: an ARN's slash is `%2F` there.
    /// - Returns: the operation, and for tags the resource's ARN, decoded; nil if there is no such operation.
    package static func match(method: String, path: String) -> (operation: Operation, label: String?)? {
        guard path.hasPrefix("/") else { return nil }
        let prefix = "/tags/"
        guard path.hasPrefix(prefix) else {
            guard method == "POST", let operation = Operation(rawValue: String(path.dropFirst())) else { return nil }
            return operation.isOnTags ? nil : (operation, nil)
        }
        let label = String(path.dropFirst(prefix.count))
        // Some clients leave ":" and "/" as they are; an ARN has no other place in a path, so nothing is lost.
        guard !label.isEmpty, let arn = PercentCoding.decoded(label) else { return nil }
        switch method {
        case "GET": return (.listTagsForResource, arn)
        case "POST": return (.tagResource, arn)
        case "DELETE": return (.untagResource, arn)
        default: return nil
        }
    }
}
