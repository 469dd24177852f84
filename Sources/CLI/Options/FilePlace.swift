import Foundation
import Glibc

/// What a path leads to, whatever it is called: what is to be written must not be what is read meanwhile.
enum FilePlace: Hashable {
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
