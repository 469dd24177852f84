import S3Vectors

/// Any of the 22 requests, for tests that go over all of them.
enum AnyMessage {
    static func request(_ operation: S3Vectors.Operation) -> any WireRequest.Type {
        switch operation {
        case .createVectorBucket: CreateVectorBucket.self
        case .getVectorBucket: GetVectorBucket.self
        case .listVectorBuckets: ListVectorBuckets.self
        case .deleteVectorBucket: DeleteVectorBucket.self
        case .putVectorBucketPolicy: PutVectorBucketPolicy.self
        case .getVectorBucketPolicy: GetVectorBucketPolicy.self
        case .deleteVectorBucketPolicy: DeleteVectorBucketPolicy.self
        case .putVectorBucketDefaultIndexMode: PutVectorBucketDefaultIndexMode.self
        case .createIndex: CreateIndex.self
        case .getIndex: GetIndex.self
        case .listIndexes: ListIndexes.self
        case .deleteIndex: DeleteIndex.self
        case .updateIndexMode: UpdateIndexMode.self
        case .updateMetadataConfiguration: UpdateMetadataConfiguration.self
        case .putVectors: PutVectors.self
        case .getVectors: GetVectors.self
        case .deleteVectors: DeleteVectors.self
        case .listVectors: ListVectors.self
        case .queryVectors: QueryVectors.self
        case .listTagsForResource: ListTagsForResource.self
        case .tagResource: TagResource.self
        case .untagResource: UntagResource.self
        }
    }

    /// Reads an answer of the request's operation and writes it again.
    static func answerAgain<Request: WireRequest>(_ type: Request.Type, _ body: [UInt8]) throws(WireError) -> [UInt8] {
        try Request.Answer.read(body[...]).body
    }
}
