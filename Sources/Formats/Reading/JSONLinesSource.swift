internal import Vectors

/// JSON lines: an object a line, `{"key": "doc-17", "vector": [0.1, 0.2], "metadata": {"year": 2024}}`.
///
/// The form of S3 Vectors, `{"key": ..., "data": {"float32": [...]}, "metadata": {...}}`, is read, too. Blank lines
/// are passed over. An unknown field is an error: a misspelt "metadata" would be lost without a word.
final class JSONLinesSource: RecordSource {
    private let stream: ByteStream
    private let needsKeys: Bool
    /// False for a file of keys and metadata alone.
    private let hasVectors: Bool
    private let document: JSONDocument
    private(set) var dimension: Int?
    private(set) var position = RecordPosition(record: 0, byteOffset: 0, line: 1)
    let recordCount: Int? = nil
    let hasKeys = true

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    init(_ stream: ByteStream, _ options: ReadingOptions, hasVectors: Bool = true) throws(FormatError) {
        self.stream = stream
        self.hasVectors = hasVectors
        needsKeys = options.needsKeys
        dimension = hasVectors ? options.dimension : nil
        guard let document = JSONDocument() else {
            throw FormatError(file: stream.name, .refused(why: "there is no memory for a JSON reader"))
        }
        self.document = document
        if try stream.fill(toHold: 3) >= 3, stream.first(3).elementsEqual(Self.byteOrderMark) { stream.consume(3) }
        position.byteOffset = stream.offset
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }

    func skip(_ count: Int) throws(FormatError) {
        for _ in 0..<count {
            guard let line = try nextLine() else {
                throw FormatError(file: stream.name, .noSuchRecord(asked: count, recordCount: position.record))
            }
            advance(over: line)
        }
    }

    func append(to batch: inout VectorBatch, upTo maximum: Int) throws(FormatError) {
        while batch.count < maximum, let line = try nextLine() {
            if batch.count == 0 { batch.start = position }
            do throws(Refusal) {
                try append(stream.first(line.length), to: &batch)
            } catch {
                throw self.error(error.problem)
            }
            advance(over: line)
            batch.position = position
        }
    }

    /// The next line that is not blank, still in the stream; nil at the end.
    private func nextLine() throws(FormatError) -> (length: Int, consumed: Int)? {
        while let line = try stream.line(limit: RecordLimits.lineBytes) {
            guard line.length < RecordLimits.lineBytes else {
                throw error(.lineTooLong(limitBytes: RecordLimits.lineBytes))
            }
            // Nearly every line has its brace at once.
            if !stream.first(line.length).allSatisfy(Self.isBlank) { return line }
            stream.consume(line.consumed)
            moveToLine(after: 1)
        }
        return nil
    }

    private func advance(over line: (length: Int, consumed: Int)) {
        stream.consume(line.consumed)
        position.record += 1
        moveToLine(after: 1)
    }

    private func moveToLine(after count: Int) {
        position.byteOffset = stream.offset
        position.line = position.line.map { $0 + count }
    }

    /// What is wrong with a line; the place is added where it is known.
    private struct Refusal: Error {
        let problem: FormatError.Problem
        init(_ problem: FormatError.Problem) { self.problem = problem }
    }

    private func append(_ line: ArraySlice<UInt8>, to batch: inout VectorBatch) throws(Refusal) {
        let root: JSONDocument.Node
        do { root = try document.read(line) } catch { throw Refusal(.notJSON(why: error.why)) }
        guard root.kind == .object else {
            throw Refusal(.notJSON(why: "a record is an object, and this is \(document.value(of: root).summary)"))
        }
        var key: VectorKey?, metadata = Metadata(), vector: JSONDocument.Node?, vectorName = "vector"
        for (name, value) in document.members(of: root) {
            switch name {
            case "key": key = try self.key(value)
            case "vector" where hasVectors: vector = value
            case "data" where hasVectors: (vector, vectorName) = (try float32(value), "data.float32")
            case "metadata" where value.kind == .null: break
            case "metadata":
                do { metadata = try Metadata(document.value(of: value)) } catch {
                    throw Refusal(.refused(why: "\(error)"))
                }
            default:
                let possible = hasVectors ? "key, vector and metadata" : "key and metadata"
                throw Refusal(.wrongField(name, found: "unknown", expected: "\(possible) are possible"))
            }
        }
        if hasVectors, vector == nil { throw Refusal(.missingField("vector")) }
        if needsKeys, key == nil { throw Refusal(.missingField("key")) }
        let numbered = key == nil ? try? VectorKey("\(position.record)") : nil
        guard let key = key ?? numbered else { throw Refusal(.missingField("key")) }
        if let vector { try append(vector, named: vectorName, to: &batch) }
        batch.keys?.append(key)
        batch.metadata?.append(metadata)
        batch.count += 1
    }

    private func key(_ value: JSONDocument.Node) throws(Refusal) -> VectorKey {
        guard let text = document.string(of: value) else {
            throw Refusal(
                .wrongField("key", found: document.value(of: value).summary, expected: "a key is a string"))
        }
        do { return try VectorKey(text) } catch { throw Refusal(.refused(why: "\(error)")) }
    }

    private func float32(_ value: JSONDocument.Node) throws(Refusal) -> JSONDocument.Node {
        let members = document.members(of: value)
        guard members.count == 1, members[0].name == "float32" else {
            throw Refusal(
                .wrongField(
                    "data", found: document.value(of: value).summary, expected: #"it must be {"float32": [...]}"#))
        }
        return members[0].value
    }

    private func append(_ vector: JSONDocument.Node, named name: String, to batch: inout VectorBatch) throws(Refusal) {
        guard vector.kind == .array else {
            throw Refusal(
                .wrongField(name, found: document.value(of: vector).summary, expected: "an array of numbers is needed"))
        }
        guard (1...RecordLimits.dimension).contains(vector.count) else {
            throw Refusal(.dimensionOutOfRange(vector.count))
        }
        let expected = dimension ?? vector.count
        guard vector.count == expected else { throw Refusal(.wrongDimension(found: vector.count, expected: expected)) }
        let old = batch.values.count
        if let position = document.appendFloats(of: vector, to: &batch.values) {
            let found = document.element(position, of: vector)?.summary ?? "nothing"
            throw Refusal(
                .wrongField("\(name)[\(position)]", found: found, expected: "an array of numbers is needed"))
        }
        let isWrong = unsafe batch.values.withUnsafeBufferPointer { values in
            // The values appended just now.
            unsafe ValueKind.hasNonFinite(UnsafeBufferPointer(rebasing: values[old...]))
        }
        if isWrong, let problem = VectorBatch.notFinite(batch.values[old...]) {
            batch.values.removeLast(vector.count)
            throw Refusal(problem)
        }
        dimension = expected
        batch.dimension = expected
    }

    func refused(why: String) -> FormatError { error(.refused(why: why)) }

    private func error(_ problem: FormatError.Problem) -> FormatError {
        FormatError(file: stream.name, place: position, problem)
    }
}
