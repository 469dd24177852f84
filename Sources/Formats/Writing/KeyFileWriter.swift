public import Vectors

/// The keys and metadata of a file that holds vectors alone: a JSON line for each of its rows, in their order.
///
/// As ``VectorFileWriter``, the file appears when ``finish()`` has returned.
public final class KeyFileWriter {
    private let file: OutputFile

    /// - Throws: ``FormatError``, also for a file that exists unless `mayOverwrite`.
    public init(path: String, mayOverwrite: Bool = false) throws(FormatError) {
        file = try OutputFile(path: path, mayOverwrite: mayOverwrite)
    }

    public func append(key: VectorKey, metadata: Metadata) throws(FormatError) {
        try file.append { RecordLine.append(key: key, values: [], metadata: metadata, to: &$0) }
    }

    /// Ends the file.
    public func finish() throws(FormatError) { try file.finish() }
}
