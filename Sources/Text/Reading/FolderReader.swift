internal import Foundation

/// The documents of a folder's files and those below it.
final class FolderReader: DocumentReader {
    private let root: String
    private let files: [File]
    private var position = 0
    private var current: (any DocumentReader)?
    private let byteCount: Int
    private var doneByteCount = 0

    private struct File {
        /// Below the root.
        let path: String
        var byteCount = 0
        /// Why it is not read, where that is known by how it lies there.
        var problem: SourceItem?
    }

    /// - Throws: ``SourceError/unreadable(path:problem:)``: a folder that cannot be read is no empty one.
    init(_ root: String) throws(SourceError) {
        self.root = root
        files = try Self.files(below: root)
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
                if let problem = files[position].problem {
                    endFile()
                    return problem
                }
                guard let format = DocumentFormat(path: name) else {
                    endFile()
                    return .skipped(file: name, reason: "no kind of document that is known by its name")
                }
                current = try DocumentReaders.open(root + "/" + name, id: name, format)
            } catch {
                // One bad file does not end a folder; its whole documents were given before.
                let name = files[position].path
                endFile()
                return .broken(file: name, reason: "\(error)")
            }
        }
    }

    private func endFile() {
        doneByteCount += files[position].byteCount
        current = nil
        position += 1
    }

    /// In the order of their paths. Links are not followed: they may lead round, and out of the folder.
    private static func files(below root: String) throws(SourceError) -> [File] {
        do {
            _ = try FileManager.default.contentsOfDirectory(atPath: root)
        } catch {
            throw .unreadable(path: root, problem: "there is no right to list this folder, or it is gone")
        }
        guard let names = FileManager.default.enumerator(atPath: root) else { return [] }
        var files: [File] = []
        while let name = names.nextObject() as? String {
            let isHidden = name.split(separator: "/").last?.hasPrefix(".") == true
            switch names.fileAttributes?[.type] as? FileAttributeType {
            case .typeDirectory?:
                if isHidden { names.skipDescendants() } else if let file = unlisted(name, root) { files.append(file) }
            case _ where isHidden: continue
            case .typeRegular?:
                files.append(File(path: name, byteCount: (names.fileAttributes?[.size] as? NSNumber)?.intValue ?? 0))
            case .typeSymbolicLink?:
                files.append(File(path: name, problem: .skipped(file: name, reason: "a link, which is not followed")))
            case nil:
                files.append(File(path: name, problem: .skipped(file: name, reason: "its name is no Unicode text")))
            default: files.append(File(path: name, problem: .skipped(file: name, reason: "no file that holds bytes")))
            }
        }
        return files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    /// A folder whose files nobody can see; nil for all others.
    private static func unlisted(_ name: String, _ root: String) -> File? {
        let path = root + "/" + name
        guard !FileManager.default.isReadableFile(atPath: path) || !FileManager.default.isExecutableFile(atPath: path)
        else { return nil }
        return File(path: name, problem: .broken(file: name, reason: "there is no right to list this folder"))
    }
}
