internal import Foundation

/// Opens files and folders of documents.
public enum DocumentReaders {
    /// - Parameters:
    ///   - path: a file, or a folder, whose files are read in the order of their names; what is hidden in it, and what
    ///     is no text by its name and its bytes, is left out.
    ///   - format: of a file; nil goes by its name, and takes what has no known one for text.
    /// - Throws: ``SourceError/unreadable(path:problem:)``.
    public static func open(_ path: String, format: DocumentFormat? = nil) throws(SourceError) -> any DocumentReader {
        guard let isFolder = isFolder(path) else {
            throw .unreadable(path: path, problem: "there is no such file or folder")
        }
        if isFolder { return try FolderReader(resolved(path)) }
        return try open(path, id: name(of: path), format ?? DocumentFormat(path: path) ?? .text)
    }

    /// What stands before the ids of a source's documents: a folder's name, or a file's of JSON lines; nil where ids
    /// are good names by themselves.
    public static func label(of path: String) -> String? {
        guard isFolder(path) == true || DocumentFormat(path: path) == .jsonLines else { return nil }
        return name(of: URL(filePath: path).standardizedFileURL.path)
    }

    static func open(_ path: String, id: String, _ format: DocumentFormat) throws(SourceError) -> any DocumentReader {
        let file = try SourceFile(path: path)
        return switch format {
        case .mediaWiki: try WikiReader(file, name: id)
        case .jsonLines: JSONLinesReader(file, name: id)
        case .markdown, .html, .text: TextFileReader(file, id: id, format: format)
        }
    }

    /// Nil where nothing is.
    private static func isFolder(_ path: String) -> Bool? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: resolved(path)) else { return nil }
        return attributes[.type] as? FileAttributeType == .typeDirectory
    }

    private static func resolved(_ path: String) -> String { URL(filePath: path).resolvingSymlinksInPath().path }

    private static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}
