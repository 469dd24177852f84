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
        key: VectorKey, values: some Collection<Float>, metadata: Metadata, to bytes: inout [UInt8]
    ) {
        var text = JSONText(byteCapacity: 64 + 12 * values.count)
        text.append(raw: "{\"key\":")
        text.append(string: key.text)
        if !values.isEmpty {
            text.append(raw: ",\"vector\":")
            text.append(floats: values)
        }
        if !metadata.isEmpty {
            text.append(raw: ",\"metadata\":")
            text.append(.object(metadata.fields))
        }
        text.append(raw: "}\n")
        bytes.append(contentsOf: text.bytes)
    }
}
