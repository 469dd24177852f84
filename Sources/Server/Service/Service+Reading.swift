internal import MemVec
internal import S3Vectors
internal import Vectors

extension Service {
    func getVectors(_ request: GetVectors, _ context: RequestContext) async throws -> GetVectors.Answer {
        let name = try name(request.index, context)
        return try await catalog.withIndex(name) { index in
            try Self.checkKeys(request.keys, path: "keys", mayRepeat: true)
            let wantsData = request.returnData ?? false, wantsMetadata = request.returnMetadata ?? false
            let records = try await index.collection.get(request.keys, wantsVectors: wantsData)
            var seen: Set<VectorKey> = []
            let vectors = records.compactMap { record -> VectorOutput? in
                guard let record, seen.insert(record.key).inserted else { return nil }
                return Self.output(record, wantsData, wantsMetadata)
            }
            return GetVectors.Answer(vectors: vectors)
        }
    }

    private static func output(_ record: VectorRecord, _ wantsData: Bool, _ wantsMetadata: Bool) -> VectorOutput {
        VectorOutput(
            key: record.key.text, data: wantsData ? record.values : nil,
            metadata: wantsMetadata ? .object(record.metadata.fields) : nil)
    }

    func listVectors(_ request: ListVectors, _ context: RequestContext) async throws -> ListVectors.Answer {
        let name = try name(request.index, context)
        return try await catalog.withIndex(name) { index in
            let token = try ListToken(request)
            var page = SegmentPage(
                limit: request.maxResults ?? Limits.usualListVectors, byteLimit: Limits.listBytes)
            page.segment = token.segment
            page.segmentCount = token.segmentCount
            page.after = token.after
            page.wantsVectors = request.returnData ?? false
            page.wantsMetadata = request.returnMetadata ?? false
            let (records, next) = try await index.collection.list(page)
            return ListVectors.Answer(
                vectors: records.map { Self.output($0, page.wantsVectors, page.wantsMetadata) },
                nextToken: next.map { token.text(after: $0) })
        }
    }
}

/// Where a listing goes on: `SEGMENT.COUNT.HASH`. It is bound to its segment, not to a moment: a listing may go on
/// after a restart.
struct ListToken {
    let segment: Int
    let segmentCount: Int
    let after: [UInt8]?

    /// - Throws: ``ServiceError`` for a segment without a count or beyond it, and for a token of another listing.
    init(_ request: ListVectors) throws(ServiceError) {
        switch (request.segmentCount, request.segmentIndex) {
        case (nil, nil): (segment, segmentCount) = (0, 1)
        case (let count?, let index?):
            guard index < count else {
                throw .invalid(
                    "segmentIndex must be less than segmentCount: \(index) is not less than \(count)",
                    path: "segmentIndex")
            }
            (segment, segmentCount) = (index, count)
        default:
            throw .invalid(
                "Must specify both segmentCount and segmentIndex or neither",
                path: request.segmentCount == nil ? "segmentCount" : "segmentIndex")
        }
        guard let token = request.nextToken else {
            after = nil
            return
        }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let hash = Hexadecimal.bytes(parts[2]), hash.count == SegmentPage.hashByteCount,
            parts[0] == "\(segment)", parts[1] == "\(segmentCount)"
        else {
            throw .invalid(
                "Invalid nextToken: it is not of a listing with these segments; begin again without it",
                path: "nextToken")
        }
        after = hash
    }

    func text(after hash: [UInt8]) -> String { "\(segment).\(segmentCount).\(Digest.hexadecimal(hash))" }
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
