internal import MemVec
internal import S3Vectors
internal import Vectors

extension Service {
    func getVectors(_ request: GetVectors, _ context: RequestContext) async throws -> GetVectors.Answer {
        let name = try name(request.index, context)
        return try await catalog.withIndex(name) { index in
            try Self.checkKeys(request.keys, path: "keys", mayRepeat: true)
            let wantsData = request.returnData ?? false, wantsMetadata = request.returnMetadata ?? false
            let collection = index.collection
            let records =
                try passesThrough(collection)
                ? await collection.getThrough(request.keys, wantsVectors: wantsData, wantsMetadata: wantsMetadata)
                    .records
                : await collection.get(request.keys, wantsVectors: wantsData)
            var seen: Set<VectorKey> = []
            let vectors = records.compactMap { record -> VectorOutput? in
                guard let record, seen.insert(record.key).inserted else { return nil }
                return Self.output(record, wantsData, wantsMetadata)
            }
            return GetVectors.Answer(vectors: vectors)
        }
    }

    /// Whether GetVectors and ListVectors are the remote's to answer.
    private func passesThrough(_ collection: VectorCollection) throws -> Bool {
        try !settings.readsLocally && !collection.holdsEverything
    }

    private static func output(_ record: VectorRecord, _ wantsData: Bool, _ wantsMetadata: Bool) -> VectorOutput {
        VectorOutput(
            key: record.key.text, data: wantsData ? record.values : nil,
            metadata: wantsMetadata ? .object(record.metadata.fields) : nil)
    }

    func listVectors(_ request: ListVectors, _ context: RequestContext) async throws -> ListVectors.Answer {
        let name = try name(request.index, context)
        return try await catalog.withIndex(name) { index in
            let segment = try ListSegment(request)
            let limit = request.maxResults ?? Limits.usualListVectors
            let wantsData = request.returnData ?? false, wantsMetadata = request.returnMetadata ?? false
            if try passesThrough(index.collection) {
                let page = try await index.collection.listThrough(
                    limit: limit, after: try segment.remoteToken(request), segment: segment.index, of: segment.count,
                    wantsVectors: wantsData, wantsMetadata: wantsMetadata)
                return ListVectors.Answer(
                    vectors: page.records.map { Self.output($0, wantsData, wantsMetadata) },
                    nextToken: page.next.map { ListSegment.text(remote: $0) })
            }
            var page = SegmentPage(limit: limit, byteLimit: Limits.listBytes)
            (page.segment, page.segmentCount) = (segment.index, segment.count)
            page.after = try segment.place(request)
            (page.wantsVectors, page.wantsMetadata) = (wantsData, wantsMetadata)
            let (records, next) = try await index.collection.list(page)
            return ListVectors.Answer(
                vectors: records.map { Self.output($0, wantsData, wantsMetadata) },
                nextToken: next.map { segment.text(after: $0) })
        }
    }
}

/// The part of an index that is listed, and the tokens of its pages.
///
/// A token is `SEGMENT.COUNT.HASH`, or `>` and the remote's own where that lists. It is bound to its segment, not to a
/// moment: a listing may go on after a restart, by the same `--reads`.
struct ListSegment {
    let index: Int
    let count: Int

    private static let remoteMark: Character = ">"

    /// - Throws: ``ServiceError`` for a segment without a count or beyond it.
    init(_ request: ListVectors) throws(ServiceError) {
        switch (request.segmentCount, request.segmentIndex) {
        case (nil, nil): (index, count) = (0, 1)
        case (let count?, let index?):
            guard index < count else {
                throw .invalid(
                    "segmentIndex must be less than segmentCount: \(index) is not less than \(count)",
                    path: "segmentIndex")
            }
            (self.index, self.count) = (index, count)
        default:
            throw .invalid(
                "Must specify both segmentCount and segmentIndex or neither",
                path: request.segmentCount == nil ? "segmentCount" : "segmentIndex")
        }
    }

    /// Behind which hash the listing goes on; nil at its start.
    /// - Throws: ``ServiceError`` for a token of another listing.
    func place(_ request: ListVectors) throws(ServiceError) -> [UInt8]? {
        guard let token = request.nextToken else { return nil }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let hash = Hexadecimal.bytes(parts[2]), hash.count == SegmentPage.hashByteCount,
            parts[0] == "\(index)", parts[1] == "\(count)"
        else { throw Self.wrongToken }
        return hash
    }

    func text(after hash: [UInt8]) -> String { "\(index).\(count).\(Digest.hexadecimal(hash))" }

    /// The remote's own token.
    /// - Throws: ``ServiceError`` for one that was not made by ``text(remote:)``.
    func remoteToken(_ request: ListVectors) throws(ServiceError) -> String? {
        guard let token = request.nextToken else { return nil }
        guard token.first == Self.remoteMark, token.count > 1 else { throw Self.wrongToken }
        return String(token.dropFirst())
    }

    static func text(remote token: String) -> String { String(remoteMark) + token }

    private static var wrongToken: ServiceError {
        .invalid(
            "Invalid nextToken: it is not of a listing with these segments; begin again without it",
            path: "nextToken")
    }
}

enum Hexadecimal {
    /// Nil for an odd number of digits, or others than 0-9 and a-f.
    static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        var out: [UInt8] = [], high: UInt8?
        for byte in text.utf8 {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let first = high {
                out.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return high == nil ? out : nil
    }
}
