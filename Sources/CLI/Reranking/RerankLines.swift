import Formats
import Foundation
import MemVec

/// Some lines of `memvec rerank`'s input, read.
struct RerankLines: Sendable {
    /// A line that was refused.
    struct Refused: Sendable {
        /// From 0, in these lines.
        let line: Int
        let why: String
    }

    var batch = RerankBatch()
    /// JSON of each id, ended by ``idEnds``; empty where a line has none.
    var ids = JSONText()
    var idEnds: [Int] = []
    /// Lines of the batch whose vector is to be made of a text.
    var texts: [(line: Int, text: String)] = []
    var refused: [Refused] = []
    /// All lines, blank and refused ones among them.
    var lineCount = 0

    func id(ofLine line: Int) -> ArraySlice<UInt8> {
        ids.bytes[(line == 0 ? 0 : idEnds[line - 1])..<idEnds[line]]
    }
}

/// Reads lines such as `{"id": 7, "vector": [0.1, 0.2], "candidates": ["a", {"key": "b", "score": 0.7}], "k": 10}`.
struct RerankParser: Sendable {
    let dimension: Int
    let metric: Metric

    private struct Refusal: Error { let why: String }

    /// What a line has, still in the document.
    private struct Fields {
        var id, vector, base64, text, candidates, k: JSONDocument.Node?
    }

    func read(_ piece: LineStream.Piece) throws -> RerankLines {
        switch piece {
        case .lines(let bytes): return try read(bytes)
        case .tooLong(let limit):
            var lines = RerankLines()
            lines.lineCount = 1
            lines.refused = [.init(line: 0, why: "the line is longer than \(NumberText.bytes(limit))")]
            return lines
        }
    }

    func read(_ bytes: [UInt8]) throws -> RerankLines {
        guard let document = JSONDocument() else { throw JSONError(.noMemory) }
        var lines = RerankLines(), start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            let line = bytes[start..<end]
            do throws(Refusal) {
                if !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
                    try take(line, document, &lines)
                }
            } catch {
                lines.batch.dropLine(dimension: dimension)
                lines.refused.append(.init(line: lines.lineCount, why: error.why))
            }
            lines.lineCount += 1
            start = end + 1
        }
        return lines
    }

    private func take(
        _ line: ArraySlice<UInt8>, _ document: JSONDocument, _ lines: inout RerankLines
    ) throws(Refusal) {
        let root: JSONDocument.Node
        do { root = try document.read(line) } catch { throw Refusal(why: "the line is not JSON: \(error.why)") }
        guard root.kind == .object else {
            throw Refusal(why: "a line is an object, and this is \(document.value(of: root).summary)")
        }
        let fields = try fields(of: root, document)
        let k = try fields.k.map { (node) throws(Refusal) in try number(of: node, document) }
        let text = try vector(fields, document, &lines.batch)
        if let candidates = fields.candidates { try take(candidates, document, &lines.batch) }
        if let text { lines.texts.append((lines.batch.lineCount, text)) }
        lines.batch.endLine(k: k, isSearch: fields.candidates == nil)
        if let id = fields.id { lines.ids.append(document.value(of: id)) }
        lines.idEnds.append(lines.ids.bytes.count)
    }

    private func fields(of root: JSONDocument.Node, _ document: JSONDocument) throws(Refusal) -> Fields {
        var fields = Fields()
        try document.forEachMember(of: root) { (name, value) throws(Refusal) in
            let value: JSONDocument.Node? = value.kind == .null ? nil : value
            if document.isString(name, "candidates") {
                fields.candidates = value
            } else if document.isString(name, "vector") {
                fields.vector = value
            } else if document.isString(name, "id") {
                fields.id = value
            } else if document.isString(name, "k") {
                fields.k = value
            } else if document.isString(name, "vector_base64") {
                fields.base64 = value
            } else if document.isString(name, "text") {
                fields.text = value
            } else {
                throw Refusal(
                    why: "field \(document.value(of: name).text) is unknown; id, vector, vector_base64, text, "
                        + "candidates and k are possible")
            }
        }
        return fields
    }

    private func number(of node: JSONDocument.Node, _ document: JSONDocument) throws(Refusal) -> Int {
        guard let k = document.number(of: node), k >= 1, k <= 10_000, k == k.rounded() else {
            throw Refusal(why: "k is \(document.value(of: node).summary); 1 to 10,000 are possible")
        }
        return Int(k)
    }

    // MARK: The query

    /// Appends the query's values; those of a text are zeros until it is embedded.
    ///
    /// - Returns: the text, if it is one.
    private func vector(
        _ fields: Fields, _ document: JSONDocument, _ batch: inout RerankBatch
    ) throws(Refusal) -> String? {
        let given = [fields.vector, fields.base64, fields.text].count { $0 != nil }
        guard given == 1 else {
            throw Refusal(
                why: "give one of vector, vector_base64 and text; the line has \(given == 0 ? "none" : "several")")
        }
        if let node = fields.text {
            guard let text = document.string(of: node) else {
                throw Refusal(why: "text is \(document.value(of: node).summary); a string is needed")
            }
            batch.values.append(contentsOf: repeatElement(0, count: dimension))
            return text
        }
        let old = batch.values.count
        if let node = fields.vector {
            if let position = document.appendFloats(of: node, to: &batch.values) {
                let found = document.element(position, of: node) ?? document.value(of: node)
                throw Refusal(why: "vector[\(position)] is \(found.summary); an array of numbers is needed")
            }
        } else if let node = fields.base64 {
            guard let text = document.string(of: node), let data = Data(base64Encoded: text), data.count % 4 == 0 else {
                throw Refusal(why: "vector_base64 is no base64 of little-endian float32")
            }
            for at in stride(from: 0, to: data.count, by: 4) {
                let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[at + $1]) << UInt32(8 * $1) }
                batch.values.append(Float(bitPattern: bits))
            }
        }
        do throws(InputError) {
            try InputVector.check(Array(batch.values[old...]), dimension: dimension, metric: metric, key: nil)
        } catch {
            batch.values.removeLast(batch.values.count - old)
            throw Refusal(why: "\(error)")
        }
        return nil
    }

    // MARK: Candidates

    private func take(
        _ candidates: JSONDocument.Node, _ document: JSONDocument, _ batch: inout RerankBatch
    ) throws(Refusal) {
        guard candidates.kind == .array else {
            throw Refusal(why: "candidates is \(document.value(of: candidates).summary); an array is needed")
        }
        try document.forEachElement(of: candidates) { (node) throws(Refusal) in
            if node.kind == .string {
                try append(node, document, &batch)
                batch.note(score: nil)
                return
            }
            guard node.kind == .object else {
                throw Refusal(
                    why: "a candidate is \(document.value(of: node).summary); it is a key, or an object with key and "
                        + "score")
            }
            var key: JSONDocument.Node?, score: Float?
            try document.forEachMember(of: node) { (name, value) throws(Refusal) in
                if document.isString(name, "key") {
                    key = value
                } else if document.isString(name, "score") {
                    score = try self.score(value, document)
                }
            }
            guard let key, key.kind == .string else { throw Refusal(why: "a candidate has no key") }
            try append(key, document, &batch)
            batch.note(score: score)
        }
    }

    private func append(
        _ key: JSONDocument.Node, _ document: JSONDocument, _ batch: inout RerankBatch
    ) throws(Refusal) {
        do throws(InputError) {
            try batch.keys.append { document.appendString(of: key, to: &$0) }
        } catch {
            throw Refusal(why: "candidate: \(error)")
        }
    }

    private func score(_ value: JSONDocument.Node, _ document: JSONDocument) throws(Refusal) -> Float? {
        if value.kind == .null { return nil }
        guard let number = document.number(of: value), Float(number).isFinite else {
            throw Refusal(why: "a candidate's score is \(document.value(of: value).summary); a number is needed")
        }
        return Float(number)
    }
}
