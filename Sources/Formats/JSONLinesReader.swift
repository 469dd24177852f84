internal import Vectors

/// JSON lines: `{"key": "doc-17", "vector": [0.1, ...], "metadata": {...}}`; empty lines are passed over.
final class JSONLinesReader: VectorFileReader {
    private let source: ByteSource
    private var lineNumber = 0
    private var dimension: Int?
    private var record = 0
    let recordCount: Int? = nil
    /// The body limit of S3 Vectors, which no record can exceed.
    private static let lineLimit = 20_971_520

    init(_ path: String) throws(FormatError) { source = try ByteSource(path) }

    func next(_ limit: Int) throws(FormatError) -> VectorBatch? {
        var batch = VectorBatch(
            firstRecord: record, count: 0, values: [], dimension: dimension ?? 0, keys: [], metadata: [])
        while batch.count < limit {
            let begin = source.offset
            guard let line = source.line(limit: Self.lineLimit) else { break }
            lineNumber += 1
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) { continue }
            do {
                try add(line, &batch)
            } catch {
                let wrong = FormatError(
                    file: source.name, record: lineNumber, unit: "line", byteOffset: begin, why: "\(error)")
                // What was read before the broken line is given first; the error comes with the next call.
                guard batch.count > 0 else { throw wrong }
                pending = wrong
                break
            }
        }
        if batch.count == 0, let pending { throw pending }
        record += batch.count
        return batch.count > 0 ? batch : nil
    }

    private var pending: FormatError?

    private struct Wrong: Error, CustomStringConvertible {
        let description: String
    }

    private func add(_ line: [UInt8], _ batch: inout VectorBatch) throws {
        if let pending { throw pending }
        let value = try JSONValue(bytes: line)
        guard case .object = value else { throw Wrong(description: "a record must be an object, not \(value.summary)") }
        guard case .string(let key)? = value["key"] else {
            throw Wrong(description: "\"key\" must be a string, got \(value["key"]?.summary ?? "nothing")")
        }
        guard case .array(let numbers)? = value["vector"] ?? value["values"] else {
            throw Wrong(description: "\"vector\" must be an array of numbers")
        }
        let floats = numbers.compactMap { $0.double.map(Float.init) }
        guard floats.count == numbers.count else {
            throw Wrong(description: "\"vector\" of key \"\(key)\" holds something that is no number")
        }
        if let dimension, dimension != floats.count {
            throw Wrong(
                description: "vector for key \"\(key)\" has \(floats.count) values, those before it \(dimension)")
        }
        var metadata = Metadata()
        if let given = value["metadata"], given != .null { metadata = try Metadata(given) }
        dimension = floats.count
        batch.dimension = floats.count
        batch.values.append(contentsOf: floats)
        batch.keys?.append(key)
        batch.metadata?.append(metadata)
        batch.count += 1
    }

    func skip(_ count: Int) throws(FormatError) {
        var left = count
        while left > 0 {
            guard let line = source.line(limit: Self.lineLimit) else {
                throw FormatError(
                    file: source.name, record: lineNumber, unit: "line", byteOffset: source.offset,
                    why: "it has fewer than \(count) records")
            }
            lineNumber += 1
            if !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) { left -= 1 }
        }
        record += count
    }
}
