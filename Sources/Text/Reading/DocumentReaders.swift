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
        if isFolder { return FolderReader(path) }
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

/// The documents of a folder's files and those below it.
final class FolderReader: DocumentReader {
    private let root: String
    private var files: [(path: String, byteCount: Int)]
    private var position = 0
    private var current: (any DocumentReader)?
    private let byteCount: Int
    private var doneByteCount = 0

    init(_ root: String) {
        self.root = root
        files = Self.files(below: root)
        byteCount = files.reduce(0) { $0 + $1.byteCount }
    }

    var progress: (done: Int, all: Int?) { (doneByteCount + (current?.progress.done ?? 0), byteCount) }

    func next() throws(SourceError) -> SourceItem? {
        while true {
            do throws(SourceError) {
                if current != nil {
                    // An existential is not changed in place through an optional.
                    if var reader = current {
                        let item = try reader.next()
                        current = reader
                        if let item { return item }
                    }
                    endFile()
                }
                guard position < files.count else { return nil }
                let name = files[position].path
                guard let format = DocumentFormat(path: name) else {
                    endFile()
                    return .skipped(file: name, reason: "no kind of document that is known by its name")
                }
                current = try DocumentReaders.open(root + "/" + name, id: name, format)
            } catch {
                // One bad file does not end a folder; its whole documents were given before.
                let name = files[position].path
                endFile()
                return .skipped(file: name, reason: "\(error)")
            }
        }
    }

    private func endFile() {
        doneByteCount += files[position].byteCount
        current = nil
        position += 1
    }

    /// Relative paths, in order. Links to folders are not followed: they may lead round.
    private static func files(below root: String) -> [(path: String, byteCount: Int)] {
        guard let names = FileManager.default.enumerator(atPath: root) else { return [] }
        var files: [(path: String, byteCount: Int)] = []
        while let name = names.nextObject() as? String {
            let last = name.split(separator: "/").last ?? ""
            let kind = names.fileAttributes?[.type] as? FileAttributeType
            if last.hasPrefix(".") {
                if kind == .typeDirectory { names.skipDescendants() }
            } else if kind == .typeRegular {
                files.append((name, (names.fileAttributes?[.size] as? NSNumber)?.intValue ?? 0))
            }
        }
        return files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }
}
