public import Vectors

/// A record as a JSON line, as ``FileFormat/jsonl`` reads it.
public enum RecordLine {
    /// Appends the line with its newline.
    ///
    /// Floats are written in the shortest text that gives the same float32 back.
    /// - Parameters:
    ///   - values: finite; empty leaves the vector out.
    ///   - metadata: empty leaves it out.
    public static func append(
        key: VectorKey, values: some Sequence<Float>, metadata: Metadata, to bytes: inout [UInt8]
    ) {
        bytes.append(contentsOf: "{\"key\":".utf8)
        bytes.append(contentsOf: JSONValue.string(key.text).text.utf8)
        var isFirst = true
        for value in values {
            bytes.append(contentsOf: isFirst ? ",\"vector\":[".utf8 : ",".utf8)
            bytes.append(contentsOf: value.description.utf8)
            isFirst = false
        }
        if !isFirst { bytes.append(UInt8(ascii: "]")) }
        if !metadata.isEmpty {
            bytes.append(contentsOf: ",\"metadata\":".utf8)
            bytes.append(contentsOf: metadata.json.utf8)
        }
        bytes.append(contentsOf: "}\n".utf8)
    }
}
