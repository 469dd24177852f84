internal import S3Vectors

extension Service {
    func listTagsForResource(
        _ request: ListTagsForResource, _ context: RequestContext
    ) async throws -> ListTagsForResource.Answer {
        let resource = try resource(request.resourceArn, context)
        let tags: TagSet
        if let index = resource.index {
            let name = IndexName(bucket: resource.bucket, index: index)
            tags = try await catalog.withIndex(name) { $0.facts.tags }
        } else {
            tags = try catalog.bucket(resource.bucket).tags
        }
        return .init(tags: tags.tags)
    }

    func tagResource(_ request: TagResource, _ context: RequestContext) async throws -> EmptyAnswer {
        try await changeTags(request.resourceArn, context) { try Self.merged($0, request.tags) }
    }

    func untagResource(_ request: UntagResource, _ context: RequestContext) async throws -> EmptyAnswer {
        try Self.check(request.tagKeys.map { (text: $0, length: Limits.tagKey, path: "/tagKeys") })
        return try await changeTags(request.resourceArn, context) { old in
            var left = old
            for key in request.tagKeys { left[key] = nil }
            return left
        }
    }

    private func changeTags(
        _ text: String, _ context: RequestContext, _ body: @Sendable (TagSet) throws -> TagSet
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

    /// The tags `old` and those of a request, which replace them.
    /// - Throws: ``ServiceError`` for tags that cannot be, or too many.
    static func merged(_ old: TagSet, _ tags: Tags?) throws(ServiceError) -> TagSet {
        let pairs = tags?.pairs ?? []
        try check(
            pairs.flatMap { key, value in
                [(key, Limits.tagKey, "/tags/\(key)"), (value, Limits.tagValue, "/tags/\(key)")]
            })
        if pairs.contains(where: { $0.key.lowercased().hasPrefix("aws:") }) {
            throw .invalid("System tags cannot be added/updated by requester", path: "tags")
        }
        var out = old
        for (key, value) in pairs { out[key] = value }
        guard out.count <= Limits.tags else { throw .invalid("Too many tags specified", path: "tags") }
        return out
    }

    /// - Throws: ``ServiceError`` with each text that is of no possible length, or has a sign that tags do not.
    private static func check(
        _ texts: [(text: String, length: ClosedRange<Int>, path: String)]
    ) throws(ServiceError) {
        let violations = texts.compactMap { text, length, path -> WireError.Violation? in
            let count = text.unicodeScalars.count
            guard length.contains(count) else {
                return .init(
                    path: path, found: "with length \(count)",
                    constraint: "Member must have length between \(length.lowerBound) and "
                        + "\(length.upperBound), inclusive")
            }
            guard !text.unicodeScalars.allSatisfy(isTagCharacter) else { return nil }
            return .init(
                path: path,
                constraint: #"Member must satisfy regular expression pattern: ([\p{L}\p{Z}\p{N}_.:/=+\-@]*)"#)
        }
        guard violations.isEmpty else { throw ServiceError(.violations(violations)) }
    }

    private static func isTagCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .spaceSeparator,
            .lineSeparator, .paragraphSeparator, .decimalNumber, .letterNumber, .otherNumber:
            true
        default: "_.:/=+-@".unicodeScalars.contains(scalar)
        }
    }
}
