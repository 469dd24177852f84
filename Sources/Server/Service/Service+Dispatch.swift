internal import S3Vectors

extension Service {
    /// Reads the request, has it answered, and writes the answer.
    func dispatch(_ call: Call, _ context: RequestContext) async throws -> Reply {
        switch context.operation {
        case .createVectorBucket: try await run(call, context, createVectorBucket)
        case .getVectorBucket: try await run(call, context, getVectorBucket)
        case .listVectorBuckets: try await run(call, context, listVectorBuckets)
        case .deleteVectorBucket: try await run(call, context, deleteVectorBucket)
        case .putVectorBucketPolicy: try await run(call, context, putVectorBucketPolicy)
        case .getVectorBucketPolicy: try await run(call, context, getVectorBucketPolicy)
        case .deleteVectorBucketPolicy: try await run(call, context, deleteVectorBucketPolicy)
        case .putVectorBucketDefaultIndexMode: try await run(call, context, putVectorBucketDefaultIndexMode)
        case .createIndex: try await run(call, context, createIndex)
        case .getIndex: try await run(call, context, getIndex)
        case .listIndexes: try await run(call, context, listIndexes)
        case .deleteIndex: try await run(call, context, deleteIndex)
        case .updateIndexMode: try await run(call, context, updateIndexMode)
        case .updateMetadataConfiguration: try await run(call, context, updateMetadataConfiguration)
        case .putVectors: try await run(call, context, putVectors)
        case .getVectors: try await run(call, context, getVectors)
        case .deleteVectors: try await run(call, context, deleteVectors)
        case .listVectors: try await run(call, context, listVectors)
        case .queryVectors: try await query(call, context)
        case .listTagsForResource: try await run(call, context, listTagsForResource)
        case .tagResource: try await run(call, context, tagResource)
        case .untagResource: try await run(call, context, untagResource)
        }
    }

    private func run<Request: WireRequest>(
        _ call: Call, _ context: RequestContext, _ body: (Request, RequestContext) async throws -> Request.Answer
    ) async throws -> Reply {
        let request = try Request.read(call.body[...], label: context.label, query: context.query)
        return Reply(status: 200, body: try await body(request, context).body)
    }

    /// QueryVectors says in headers how it came to its answer.
    private func query(_ call: Call, _ context: RequestContext) async throws -> Reply {
        let request = try QueryVectors.read(call.body[...])
        let (answer, headers) = try await queryVectors(request, context)
        return Reply(status: 200, headers: headers, body: answer.body)
    }
}
