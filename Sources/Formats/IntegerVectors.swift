/// .ivecs: each record an int32 count, then as many int32, little-endian. True neighbours come in it.
public enum IntegerVectors {
    /// The first `limit` records.
    /// - Throws: ``FormatError``, also when there are fewer.
    public static func read(_ path: String, limit: Int) throws(FormatError) -> [[Int32]] {
        let source = try ByteSource(path)
        var records: [[Int32]] = []
        while records.count < limit {
            let begin = source.offset, head = source.take(4)
            let count = head.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
            let bytes = head.count == 4 && count <= 1 << 20 ? source.take(4 * count) : []
            guard head.count == 4, bytes.count == 4 * count else {
                throw FormatError(
                    file: source.name, record: records.count, byteOffset: begin,
                    why: "the file ends or is broken here; \(limit) records are needed")
            }
            records.append(
                stride(from: 0, to: bytes.count, by: 4).map { at in
                    Int32(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) })
                })
        }
        return records
    }
}
