import MemVec

/// What `memvec rerank` writes of its lines.
enum RerankPrinter {
    /// `{"id": 7, "hits": [{"key": "b", "distance": 0.5}], "missing": []}` a line.
    static func text(_ lines: RerankLines, _ results: RerankedBatch) -> [UInt8] {
        let keys = lines.batch.keys
        var text = JSONText(byteCapacity: 48 * results.hits.count + keys.bytes.count + 32 * lines.batch.lineCount)
        for line in 0..<lines.batch.lineCount {
            text.append(raw: "{")
            let id = lines.id(ofLine: line)
            if !id.isEmpty {
                text.append(raw: "\"id\":")
                text.append(json: id)
                text.append(raw: ",")
            }
            text.append(raw: "\"hits\":[")
            if let found = results.found[line] {
                append(found, to: &text)
            } else {
                append(results.hits(ofLine: line), keys, to: &text)
            }
            text.append(raw: "],\"missing\":[")
            var isFirst = true
            for candidate in results.missing(ofLine: line) {
                if !isFirst { text.append(raw: ",") }
                isFirst = false
                text.append(utf8: keys.bytes[keys.range(of: Int(candidate))])
            }
            text.append(raw: "]}")
            text.endLine()
        }
        return text.bytes
    }

    private static func append(
        _ hits: ArraySlice<RerankedBatch.Hit>, _ keys: CandidateKeys, to text: inout JSONText
    ) {
        for (at, hit) in hits.enumerated() {
            text.append(raw: at == 0 ? "{\"key\":" : ",{\"key\":")
            text.append(utf8: keys.bytes[keys.range(of: Int(hit.candidate))])
            text.append(raw: ",\"distance\":")
            text.append(float: hit.distance)
            if !hit.score.isNaN {
                text.append(raw: ",\"score\":")
                text.append(float: hit.score)
            }
            text.append(raw: "}")
        }
    }

    private static func append(_ hits: [RerankHit], to text: inout JSONText) {
        for (at, hit) in hits.enumerated() {
            text.append(raw: at == 0 ? "{\"key\":" : ",{\"key\":")
            text.append(string: hit.key)
            text.append(raw: ",\"distance\":")
            text.append(float: hit.distance)
            text.append(raw: "}")
        }
    }

    /// `{"line": 17, "error": "..."}` for each line that was refused; lines count from 1.
    static func refusals(_ lines: RerankLines, firstLine: Int) -> [UInt8] {
        var text = JSONText()
        for refused in lines.refused {
            text.append(
                .object([
                    .init("line", .integer(Int64(firstLine + refused.line))), .init("error", .string(refused.why)),
                ]))
            text.endLine()
        }
        return text.bytes
    }
}
