internal import Vectors

/// `.npy`: one array of two dimensions, a vector a row.
final class NumpySource: RecordSource {
    private let stream: ByteStream
    private let kind: ValueKind
    private let rowCount: Int
    private let width: Int
    private(set) var position: RecordPosition
    let hasKeys = false

    var dimension: Int? { width }
    var recordCount: Int? { rowCount }
    private var rowBytes: Int { width * kind.byteCount }

    init(_ stream: ByteStream) throws(FormatError) {
        self.stream = stream
        let header = try Self.header(stream)
        guard let kind = header.kind else {
            throw Self.unsupported(
                stream, "of type \(header.type)",
                "float16, float32, float64, int8 and uint8 can be read, little-endian: save it as array.astype('<f4')")
        }
        guard header.shape.count == 2 else {
            throw Self.unsupported(
                stream, "of shape \(Self.text(header.shape))",
                "two dimensions are needed, a vector a row: array.reshape(-1, d)")
        }
        guard !header.isFortranOrder else {
            throw Self.unsupported(stream, "in Fortran order", "save it as numpy.ascontiguousarray(array)")
        }
        let shape = header.shape
        guard (1...RecordLimits.dimension).contains(shape[1]) else {
            throw FormatError(file: stream.name, .dimensionOutOfRange(shape[1]))
        }
        guard !shape[0].multipliedReportingOverflow(by: shape[1] * kind.byteCount).overflow else {
            throw Self.unsupported(stream, "of shape \(Self.text(shape))", "that is more than a file can hold")
        }
        self.kind = kind
        rowCount = shape[0]
        width = shape[1]
        position = RecordPosition(record: 0, byteOffset: stream.offset)
    }

    func skip(_ count: Int) throws(FormatError) {
        guard count <= rowCount else {
            throw FormatError(file: stream.name, .noSuchRecord(asked: count, recordCount: rowCount))
        }
        let skipped = try stream.skip(count * rowBytes)
        position.record += skipped / rowBytes
        position.byteOffset += skipped / rowBytes * rowBytes
        guard skipped == count * rowBytes else {
            throw error(.truncated(foundBytes: skipped % rowBytes, recordBytes: rowBytes))
        }
    }

    func append(to batch: inout VectorBatch, upTo maximum: Int) throws(FormatError) {
        while batch.count < maximum, position.record < rowCount {
            let atHand = try stream.fill(toHold: rowBytes)
            guard atHand >= rowBytes else {
                throw error(.truncated(foundBytes: atHand, recordBytes: rowBytes))
            }
            let wanted = min(maximum - batch.count, atHand / rowBytes, rowCount - position.record)
            let good = unsafe stream.withBytes { bytes in
                unsafe batch.append(wanted, of: bytes, stride: rowBytes, head: 0, kind: kind)
            }
            stream.consume(good * rowBytes)
            position = batch.position
            if good < wanted { throw notFinite() }
        }
        if position.record == rowCount, batch.count < maximum, try stream.fill(toHold: 1) > 0 {
            let count = stream.byteCount.map { $0 - stream.offset } ?? 1
            throw error(.trailingBytes(count: count))
        }
    }

    private static func header(_ stream: ByteStream) throws(FormatError) -> NumpyHeader {
        _ = try stream.fill(toHold: NumpyHeader.prefixBytes)
        guard let range = NumpyHeader.dictionary(after: stream.first(NumpyHeader.prefixBytes)) else {
            throw FormatError(file: stream.name, .notOfFormat(.npy, found: "it does not begin with NumPy's mark"))
        }
        guard range.count <= NumpyHeader.lengthLimit else {
            throw FormatError(file: stream.name, .notOfFormat(.npy, found: "its head has \(range.count) bytes"))
        }
        let atHand = try stream.fill(toHold: range.upperBound)
        guard atHand >= range.upperBound else {
            throw FormatError(
                file: stream.name, .truncated(foundBytes: atHand, recordBytes: range.upperBound))
        }
        let text = stream.first(range.upperBound).dropFirst(range.lowerBound)
        guard let header = NumpyHeader(String(decoding: text, as: UTF8.self)) else {
            throw FormatError(
                file: stream.name,
                .notOfFormat(.npy, found: "its head is not a dictionary of descr, fortran_order, shape"))
        }
        stream.consume(range.upperBound)
        return header
    }

    private func notFinite() -> FormatError {
        var values = [Float](repeating: 0, count: width)
        unsafe stream.withBytes { bytes in
            unsafe values.withUnsafeMutableBufferPointer { target in
                // The row is at hand: it was refused just now.
                unsafe kind.convert(UnsafeRawBufferPointer(rebasing: bytes[..<rowBytes]), to: target)
            }
        }
        return error(VectorBatch.notFinite(values) ?? .refused(why: "a value is not finite"))
    }

    private func error(_ problem: FormatError.Problem) -> FormatError {
        FormatError(file: stream.name, place: position, problem)
    }

    private static func unsupported(_ stream: ByteStream, _ found: String, _ expected: String) -> FormatError {
        FormatError(file: stream.name, .unsupportedArray(found: found, expected: expected))
    }

    private static func text(_ shape: [Int]) -> String { "(" + shape.map(String.init).joined(separator: ", ") + ")" }
}
