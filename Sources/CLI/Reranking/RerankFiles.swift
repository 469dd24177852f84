import ArgumentParser
import Foundation
import Glibc

/// The files of a `memvec rerank`, which must be different ones: each is cut or replaced while others are still read.
enum RerankFiles {
    /// What a path leads to, whatever it is called.
    private enum Place: Hashable {
        case file(device: UInt64, inode: UInt64)
        /// Nothing is there yet.
        case nothing(path: String)

        /// Nil for `-`, and for pipes and devices: nothing is lost where they are given twice.
        init?(_ path: String) {
            guard path != "-" else { return nil }
            var info = stat()
            if unsafe stat(path, &info) == 0 {
                guard info.st_mode & S_IFMT == S_IFREG else { return nil }
                self = .file(device: UInt64(info.st_dev), inode: UInt64(info.st_ino))
            } else {
                // Folders on the way may be there under two names.
                self = .nothing(path: URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path)
            }
        }
    }

    /// - Parameter files: by what they are given as, those that are not given without a path.
    /// - Throws: `ValidationError` that names the first two that are one file.
    static func check(_ files: [(name: String, path: String?)]) throws {
        var known: [Place: String] = [:]
        for (name, path) in files {
            guard let path, let place = Place(path) else { continue }
            if let other = known[place] {
                throw ValidationError("\(other) and \(name) are the same file, \(path); give each a file of its own")
            }
            known[place] = name
        }
    }
}
