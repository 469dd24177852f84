internal import Foundation

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
