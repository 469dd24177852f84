/// `.ivecs`: each record an int32 count and so many int32, little-endian. The true neighbours of queries come in it, by
/// their record numbers in the base file, nearest first.
public enum NeighbourFile {
    private static let countLimit = 1 << 20

    /// The first `limit` records, or all when there are fewer.
    /// - Throws: ``FormatError``.
    public static func read(_ path: String, limit: Int = .max) throws(FormatError) -> [[Int]] {
        let stream = try ByteStream(path: path, isCancelled: { false })
        var records: [[Int]] = []
        while records.count < limit {
            let place = RecordPosition(record: records.count, byteOffset: stream.offset)
            let headBytes = try stream.fill(toHold: 4)
            if headBytes == 0 { break }
            let count = headBytes >= 4 ? numbers(stream.first(4))[0] : -1
            guard (0...countLimit).contains(count) else {
                throw FormatError(
                    file: stream.name, place: place,
                    .unsupportedArray(
                        found: "no .ivecs file: a record begins with its count, and \(count) is not 0 to \(countLimit)",
                        expected: "the true neighbours of each query by record number are needed"))
            }
            let recordBytes = 4 + 4 * count
            let atHand = try stream.fill(toHold: recordBytes)
            guard atHand >= recordBytes else {
                throw FormatError(
                    file: stream.name, place: place, .truncated(foundBytes: atHand, recordBytes: recordBytes))
            }
            records.append(numbers(stream.first(recordBytes).dropFirst(4)))
            stream.consume(recordBytes)
        }
        return records
    }

    private static func numbers(_ bytes: ArraySlice<UInt8>) -> [Int] {
        stride(from: bytes.startIndex, to: bytes.endIndex, by: 4).map { at in
            Int(Int32(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) }))
        }
    }
}
