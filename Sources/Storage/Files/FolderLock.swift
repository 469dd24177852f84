internal import Glibc

/// The one writer of a folder: an flock on `lock`, held while this object lives.
///
/// The kernel frees it when the process ends in whatever way, so there is never a lock to be removed by hand.
// Sendable is true because the descriptor is set once in init and closed in deinit.
public final class FolderLock: Sendable {
    private let file: Int32

    /// - Throws: ``StorageError/locked(path:holder:)`` naming the process that holds it.
    public init(folder: String) throws(StorageError) {
        let path = folder + "/lock"
        let file = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Files.failure(path, "open") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(file)
            guard code == EWOULDBLOCK else { throw .file(path: path, operation: "flock", errno: code) }
            let text = (try Files.read(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            throw .locked(path: folder, holder: text.isEmpty ? "another process" : text)
        }
        self.file = file
        var now = time(nil)
        var parts = unsafe tm()
        unsafe localtime_r(&now, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let holder = unsafe "process \(getpid()) since \(two(parts.tm_hour)):\(two(parts.tm_min))"
        ftruncate(file, 0)
        unsafe _ = Array(holder.utf8).withUnsafeBytes { unsafe pwrite(file, $0.baseAddress, $0.count, 0) }
    }

    deinit {
        // Not left to the close: a child that is being started has a copy of the descriptor until its exec.
        flock(file, LOCK_UN)
        close(file)
    }
}
