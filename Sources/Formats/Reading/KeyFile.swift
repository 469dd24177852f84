public import Vectors

/// The keys of a file of keys and metadata, as ``ReadingOptions/keysPath`` takes it.
public enum KeyFile {
    /// All keys, in the order of their lines.
    /// - Throws: ``FormatError``.
    public static func read(_ path: String) throws(FormatError) -> [VectorKey] {
        let options = ReadingOptions()
        let source = try JSONLinesSource(
            try ByteStream(path: path, isCancelled: options.isCancelled), options, hasVectors: false)
        var batch = VectorBatch(dimension: 0, start: source.position)
        batch.keys = []
        batch.metadata = []
        try source.append(to: &batch, upTo: .max)
        return batch.keys ?? []
    }
}
