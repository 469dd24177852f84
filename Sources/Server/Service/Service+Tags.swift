internal import S3Vectors

extension Service {
    func listTagsForResource(
        _ request: ListTagsForResource, _ context: RequestContext
    ) async throws -> ListTagsForResource.Answer {
        let resource = try resource(request.resourceArn, context)
        let tags: [String: String]
        if let index = resource.index {
            let name = IndexName(bucket: resource.bucket, index: index)
            tags = try await catalog.withIndex(name) { $0.facts.tags }
        } else {
            tags = try catalog.bucket(resource.bucket).tags
        }
        return .init(tags: Tags(tags.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) }))
    }

    func tagResource(_ request: TagResource, _ context: RequestContext) async throws -> EmptyAnswer {
        try await changeTags(request.resourceArn, context) { try Self.merged($0, request.tags) }
    }

    func untagResource(_ request: UntagResource, _ context: RequestContext) async throws -> EmptyAnswer {
        try await changeTags(request.resourceArn, context) { old in
            old.filter { !request.tagKeys.contains($0.key) }
        }
    }

    private func changeTags(
        _ text: String, _ context: RequestContext, _ body: @Sendable ([String: String]) throws -> [String: String]
    ) async throws -> EmptyAnswer {
        let resource = try resource(text, context)
        if let index = resource.index {
            let name = IndexName(bucket: resource.bucket, index: index)
            try await catalog.change(index: name) { $0.tags = try body($0.tags) }
        } else {
            try await catalog.change(bucket: resource.bucket) { $0.tags = try body($0.tags) }
        }
        return EmptyAnswer()
    }
}
