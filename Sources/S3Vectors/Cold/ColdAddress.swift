/// Where a remote collection is, as the user writes it: `s3vectors://BUCKET/INDEX`, or the index's ARN.
///
/// Behind a question mark: `segments=N`, into how many parts a listing may be split (1 for servers that know none).
package struct ColdAddress: Sendable, Equatable {
    package var index: IndexTarget
    /// Said by an ARN.
    package var region: String?
    package var segmentCount: Int?

    /// - Throws: ``ColdAddressError``.
    package init(_ text: String) throws(ColdAddressError) {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let place = parts.first.map { String($0) } ?? ""
        if place.hasPrefix("arn:") {
            guard let name = ResourceName(place), name.index != nil else { throw .notAnIndexName(text: place) }
            index = IndexTarget(arn: place)
            region = name.region
        } else {
            let scheme = "s3vectors://"
            guard place.hasPrefix(scheme) else { throw .unknownScheme(text: place) }
            let steps = place.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: false)
            guard steps.count == 2, ResourceName.isName(steps[0], allowingDots: false), ResourceName.isName(steps[1])
            else { throw .notAnIndexName(text: place) }
            index = IndexTarget(bucketName: String(steps[0]), indexName: String(steps[1]))
        }
        for option in parts.dropFirst().first?.split(separator: "&") ?? [] {
            let pair = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, pair[0] == "segments", let count = Int(pair[1]), Limits.segmentCount.contains(count)
            else { throw .unknownOption(text: String(option)) }
            segmentCount = count
        }
    }
}

/// Why a text is no address of a remote collection.
package enum ColdAddressError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknownScheme(text: String)
    case notAnIndexName(text: String)
    case notAPrefix(text: String)
    case unknownOption(text: String)

    package var description: String {
        switch self {
        case .unknownScheme(let text):
            "\"\(text)\" is no remote collection: write s3vectors://BUCKET/INDEX, the ARN of an index, or "
                + "s3://BUCKET/PREFIX"
        case .notAnIndexName(let text):
            "\"\(text)\" names no index: a bucket and an index of 3 to 63 of a-z, 0-9 and - (indexes also .), or "
                + "arn:aws:s3vectors:REGION:ACCOUNT:bucket/BUCKET/index/INDEX"
        case .notAPrefix(let text): "\"\(text)\" is no place in S3: write s3://BUCKET/PREFIX, without empty steps"
        case .unknownOption(let text): "the option \"\(text)\" is not known; segments=1 to segments=16 is"
        }
    }
}
