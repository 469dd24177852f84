internal import Storage
internal import Vectors

/// What a page of one part of a listing should hold.
package struct SegmentPage: Sendable {
    /// The part: keys are divided by their hashes into `segmentCount` parts that have no key in common.
    package var segment = 0
    package var segmentCount = 1
    /// The hash of the last key of the page before; nil for the first page.
    package var after: [UInt8]?
    package var limit: Int
    /// The page ends with the record that reaches so many bytes of keys and of what was asked for.
    package var byteLimit: Int
    package var wantsVectors = false
    package var wantsMetadata = false

    package init(limit: Int, byteLimit: Int) {
        self.limit = limit
        self.byteLimit = byteLimit
    }

    /// 16 bytes, as the store keeps a key's hash.
    package static let hashByteCount = 16
}

extension VectorCollection {
    /// Records in the order of their keys' hashes, which survives a reopen.
    ///
    /// Of a remote collection vectors that are in no local tier are fetched from the cold store.
    /// - Returns: the records, and where the next page goes on; nil after the last.
    /// - Throws: ``MemVecError/cold(_:)`` when the cold store is needed and does not answer.
    package func list(_ page: SegmentPage) async throws -> (records: [VectorRecord], next: [UInt8]?) {
        let engine = try engine()
        let (records, next) = try Self.records(of: page, engine)
        guard page.wantsVectors else { return (records, next) }
        return (try await engine.withVectors(records).compactMap { $0 }, next)
    }

    /// Without the vectors, where a remote has them.
    private static func records(
        of page: SegmentPage, _ engine: Engine
    ) throws -> (records: [VectorRecord], next: [UInt8]?) {
        let start = page.after.map(Self.successor) ?? Self.bound(page.segment, of: page.segmentCount)
        let end = Self.bound(page.segment + 1, of: page.segmentCount)
        // The last of all hashes has no successor.
        if let after = page.after, after.allSatisfy({ $0 == 255 }) { return ([], nil) }
        return try engine.store.read { reader in
            var records: [VectorRecord] = [], byteCount = 0
            var last: [UInt8]?, next: [UInt8]?
            try reader.visitKeys(from: start, below: end) { hash, rows in
                guard records.count < page.limit, byteCount < page.byteLimit else {
                    next = last
                    return false
                }
                for row in rows {
                    guard let record = try reader.record(of: row) else { continue }
                    let values =
                        page.wantsVectors
                        ? try reader.withVector(of: row) { span in span.indices.map { span[$0] } } : nil
                    byteCount += record.key.text.utf8.count + (page.wantsVectors ? 4 * engine.file.dimension : 0)
                    if page.wantsMetadata { byteCount += record.encodedMetadata.count }
                    let metadata =
                        page.wantsMetadata ? try Metadata(encoded: record.encodedMetadata) : Metadata()
                    records.append(VectorRecord(key: record.key, values: values ?? [], metadata: metadata))
                }
                last = hash
                return true
            }
            return (records, next)
        }
    }

    /// The lowest hash of a segment: its number's share of all values of the first 64 bits.
    static func bound(_ segment: Int, of count: Int) -> [UInt8]? {
        guard segment > 0, segment < count else { return nil }
        // floor(segment * 2^64 / count): the high half of a number of two words, divided.
        let (quotient, _) = UInt64(count).dividingFullWidth((UInt64(segment), 0))
        return (0..<8).map { UInt8(truncatingIfNeeded: quotient >> UInt64(56 - 8 * $0)) }
            + [UInt8](repeating: 0, count: 8)
    }

    private static func successor(_ hash: [UInt8]) -> [UInt8] {
        var out = hash
        for at in out.indices.reversed() {
            out[at] &+= 1
            if out[at] != 0 { return out }
        }
        return out
    }
}
