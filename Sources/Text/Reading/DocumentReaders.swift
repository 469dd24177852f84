internal import Foundation
internal import Glibc

/// Opens files and folders of documents.
public enum DocumentReaders {
    /// - Parameters:
    ///   - path: a file, or a folder, whose files are read in the order of their names; what is hidden in it, and what
    ///     is no text by its name and its bytes, is left out.
    ///   - format: of a file; nil goes by its name, and takes what has no known one for text.
    /// - Throws: ``SourceError/unreadable(path:problem:)``.
    public static func open(_ path: String, format: DocumentFormat? = nil) throws(SourceError) -> any DocumentReader {
        switch kind(of: path) {
        case nil: throw .unreadable(path: path, problem: "there is no such file or folder")
        case S_IFDIR: return try FolderReader(resolved(path))
        case S_IFREG: return try open(path, id: name(of: path), format ?? DocumentFormat(path: path) ?? .text)
        default:
            // To open a pipe may wait for ever, and whoever opens it twice has lost what was read the first time.
            throw .unreadable(
                path: path, problem: "it is a pipe or a device; write what comes out of it to a file, and read that")
        }
    }

    /// What stands before the ids of a source's documents: a folder's name, or a file's of JSON lines; nil where ids
    /// are good names by themselves.
    public static func label(of path: String) -> String? {
        guard kind(of: path) == S_IFDIR || DocumentFormat(path: path) == .jsonLines else { return nil }
        return name(of: URL(filePath: path).standardizedFileURL.path)
    }

    /// What documents of a file say they are from, where it holds nothing but their text; nil for a folder.
    public static func file(of path: String) -> String? { kind(of: path) == S_IFREG ? name(of: path) : nil }

    static func open(_ path: String, id: String, _ format: DocumentFormat) throws(SourceError) -> any DocumentReader {
        let file = try SourceFile(path: path)
        return switch format {
        case .mediaWiki: try WikiReader(file, name: id)
        case .jsonLines: JSONLinesReader(file, name: id)
        case .markdown, .html, .text: TextFileReader(file, id: id, format: format)
        }
    }

    /// The kind of file that a path leads to, by its mode; nil where nothing is.
    private static func kind(of path: String) -> mode_t? {
        var there = stat()
        guard unsafe stat(path, &there) == 0 else { return nil }
        return there.st_mode & S_IFMT
    }

    private static func resolved(_ path: String) -> String { URL(filePath: path).resolvingSymlinksInPath().path }

    private static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}
