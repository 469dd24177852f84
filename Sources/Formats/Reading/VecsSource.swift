internal import Vectors

/// `.fvecs` and `.bvecs`: each record an int32 `d`, the same in all, then `d` values.
final class VecsSource: RecordSource {
    private let stream: ByteStream
    private let format: FileFormat
    private let kind: ValueKind
    private(set) var dimension: Int?
    private(set) var position = RecordPosition(record: 0, byteOffset: 0)
    let hasKeys = false

    static let headBytes = 4

    init(_ stream: ByteStream, format: FileFormat) throws(FormatError) {
        self.stream = stream
        self.format = format
        kind = format == .bvecs ? .uint8 : .float32
        dimension = try nextDimension()
    }

    var recordCount: Int? {
        guard let byteCount = stream.byteCount else { return nil }
        return dimension.map { byteCount / recordLength($0) } ?? 0
    }

    func skip(_ count: Int) throws(FormatError) {
        guard count > 0 else { return }
        let recordBytes = dimension.map { recordLength($0) } ?? Self.headBytes
        let (byteCount, isTooFar) = count.multipliedReportingOverflow(by: recordBytes)
        let skipped = try stream.skip(isTooFar ? Int.max : byteCount)
        position.record += skipped / recordBytes
        position.byteOffset += skipped
        guard skipped == byteCount, !isTooFar else {
            throw error(.noSuchRecord(asked: count, recordCount: position.record), whole: true)
        }
    }

    func append(to batch: inout VectorBatch, upTo maximum: Int) throws(FormatError) {
        guard let dimension else { return }
        let recordBytes = recordLength(dimension)
        while batch.count < maximum {
            // The head alone first: a wrong `d` says more than a record that is too short for the right one.
            guard let found = try nextDimension() else { return }
            guard found == dimension else { throw error(.wrongDimension(found: found, expected: dimension)) }
            let atHand = try stream.fill(toHold: recordBytes)
            guard atHand >= recordBytes else {
                throw error(.truncated(foundBytes: atHand, recordBytes: recordBytes))
            }
            let wanted = min(maximum - batch.count, atHand / recordBytes)
            let (same, good) = unsafe stream.withBytes { bytes in
                let same = unsafe Self.recordsOfSameDimension(bytes, dimension, recordBytes, atMost: wanted)
                let good = unsafe batch.append(
                    same, of: bytes, stride: recordBytes, head: Self.headBytes, kind: kind)
                return (same, good)
            }
            stream.consume(good * recordBytes)
            position = batch.position
            if good < same { throw notFinite(recordBytes) }
        }
    }

    private static func recordsOfSameDimension(
        _ bytes: UnsafeRawBufferPointer, _ dimension: Int, _ recordBytes: Int, atMost wanted: Int
    ) -> Int {
        var count = 0
        // `wanted` whole records are in `bytes`.
        while count < wanted,
            unsafe bytes.loadUnaligned(fromByteOffset: count * recordBytes, as: Int32.self) == Int32(dimension)
        { count += 1 }
        return count
    }

    private func recordLength(_ dimension: Int) -> Int { Self.headBytes + dimension * kind.byteCount }

    /// The `d` of the next record; nil at the end of the file.
    private func nextDimension() throws(FormatError) -> Int? {
        let atHand = try stream.fill(toHold: Self.headBytes)
        guard atHand > 0 else { return nil }
        guard atHand >= Self.headBytes else {
            throw error(
                .truncated(foundBytes: atHand, recordBytes: dimension.map { recordLength($0) } ?? Self.headBytes))
        }
        let number = stream.first(Self.headBytes).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let found = Int(Int32(bitPattern: number))
        guard (1...RecordLimits.dimension).contains(found) else {
            throw error(
                .notOfFormat(
                    format,
                    found: "a record begins with its dimension, and \(found) is not 1 to \(RecordLimits.dimension)"))
        }
        return found
    }

    private func notFinite(_ recordBytes: Int) -> FormatError {
        var values = [Float](repeating: 0, count: dimension ?? 0)
        unsafe stream.withBytes { bytes in
            unsafe values.withUnsafeMutableBufferPointer { target in
                // The record is at hand: it was refused just now.
                let value = unsafe UnsafeRawBufferPointer(rebasing: bytes[Self.headBytes..<recordBytes])
                unsafe kind.convert(value, to: target)
            }
        }
        return error(VectorBatch.notFinite(values) ?? .refused(why: "a value is not finite"))
    }

    private func error(_ problem: FormatError.Problem, whole: Bool = false) -> FormatError {
        FormatError(file: stream.name, place: whole ? nil : position, problem)
    }
}
