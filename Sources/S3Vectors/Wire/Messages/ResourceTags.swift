package struct ListTagsForResource: WireRequest {
    package static let operation = Operation.listTagsForResource
    package var resourceArn: String
    package var label: String? { resourceArn }

    package init(resourceArn: String) { self.resourceArn = resourceArn }
    package init(_ object: WireObject) { resourceArn = object.reader.label ?? "" }

    package struct Answer: WireAnswer, Equatable {
        package var tags: Tags
        package init(tags: Tags) { self.tags = tags }
        package init(_ object: WireObject) { tags = Tags(object.map("tags") ?? []) }
        package func write(to out: inout WireWriter) { out.member("tags", map: tags.pairs) }
    }
}

package struct TagResource: WireRequest {
    package typealias Answer = EmptyAnswer
    package static let operation = Operation.tagResource
    package var resourceArn: String
    package var tags: Tags
    package var label: String? { resourceArn }

    package init(resourceArn: String, tags: Tags) {
        self.resourceArn = resourceArn
        self.tags = tags
    }

    package init(_ object: WireObject) {
        resourceArn = object.reader.label ?? ""
        tags = Tags(object.map("tags") ?? (object.has("tags") ? [] : object.missing("tags", [])))
    }

    package func write(to out: inout WireWriter) { out.member("tags", map: tags.pairs) }
}

package struct UntagResource: WireRequest {
    package typealias Answer = EmptyAnswer
    package static let operation = Operation.untagResource
    package var resourceArn: String
    package var tagKeys: [String]
    package var label: String? { resourceArn }

    package init(resourceArn: String, tagKeys: [String]) {
        self.resourceArn = resourceArn
        self.tagKeys = tagKeys
    }

    package init(_ object: WireObject) {
        resourceArn = object.reader.label ?? ""
        tagKeys = object.reader.query.filter { $0.name == "tagKeys" }.map(\.value)
        if tagKeys.isEmpty { _ = object.missing("tagKeys", "") }
    }

    package var query: String { tagKeys.map { "tagKeys=" + PercentCoding.encoded($0) }.joined(separator: "&") }
}
