/// A small file that is replaced as a whole: after a kill it has its old text or its new one.
public enum WholeFile {
    /// - Throws: ``FormatError``.
    public static func write(_ bytes: [UInt8], to path: String) throws(FormatError) {
        let file = try OutputFile(path: path, mayOverwrite: true)
        try file.append { $0.append(contentsOf: bytes) }
        try file.finish()
    }
}
