internal import CKernels
internal import Glibc

/// The few file operations of the engine, each of which says what it could not do.
public enum Files {
    /// Writes `bytes` so that after a crash either the old file or the whole new one is there: aside, synced, renamed,
    /// the folder synced.
    public static func writeAtomically(_ bytes: [UInt8], to path: String) throws(StorageError) {
        let aside = path + ".new"
        let file = try open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC)
        do throws(StorageError) {
            try write(bytes[...], to: file, aside)
            guard fsync(file) == 0 else { throw failure(aside, "fsync") }
        } catch {
            close(file)
            unsafe unlink(aside)
            throw error
        }
        close(file)
        FaultPoint.reached("file.written")
        try rename(aside, to: path)
    }

    /// Renames, so that the new name survives a crash. The file itself must be synced already.
    public static func rename(_ old: String, to new: String) throws(StorageError) {
        guard unsafe Glibc.rename(old, new) == 0 else { throw failure(new, "rename from \(old)") }
        FaultPoint.reached("file.renamed")
        try syncFolder(of: new)
    }

    /// The whole file; nil when there is none.
    public static func read(_ path: String) throws(StorageError) -> [UInt8]? {
        let file = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure(path, "open")
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        let size = try byteCount(path) ?? 0
        bytes.reserveCapacity(size)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(file, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure(path, "read")
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    /// Makes the folder and those above it.
    public static func makeFolder(_ path: String) throws(StorageError) {
        if isFolder(path) { return }
        let parent = folder(of: path)
        if parent != path, !parent.isEmpty { try makeFolder(parent) }
        guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure(path, "mkdir") }
        try syncFolder(of: path)
    }

    /// Which file stands under a name: another one after each atomic write.
    public struct Identity: Sendable, Equatable {
        let inode: UInt64
        let seconds: Int
        let nanoseconds: Int
    }

    /// Nil when there is no file.
    public static func identity(_ path: String) -> Identity? {
        var info = stat()
        guard unsafe stat(path, &info) == 0 else { return nil }
        return Identity(inode: UInt64(info.st_ino), seconds: info.st_mtim.tv_sec, nanoseconds: info.st_mtim.tv_nsec)
    }

    public static func isFolder(_ path: String) -> Bool {
        var info = stat()
        return unsafe stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
    }

    /// The size of the file; nil when there is none.
    public static func byteCount(_ path: String) throws(StorageError) -> Int? {
        var info = stat()
        guard unsafe stat(path, &info) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure(path, "stat")
        }
        return Int(info.st_size)
    }

    /// Bytes the file takes on disk: less than its size where it is sparse.
    public static func bytesOnDisk(_ path: String) -> Int {
        var info = stat()
        return unsafe stat(path, &info) == 0 ? Int(info.st_blocks) * 512 : 0
    }

    /// Bytes free for us on the disk of `path`.
    public static func freeBytes(_ path: String) -> Int {
        var info = statvfs()
        return unsafe statvfs(path, &info) == 0 ? Int(info.f_bavail) * Int(info.f_frsize) : 0
    }

    /// Names in the folder, sorted; none when it is not there.
    public static func names(in path: String) -> [String] {
        guard let stream = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file, or a folder with all in it. What is not there is no error; of a link only the link goes.
    public static func remove(_ path: String) throws(StorageError) {
        var info = stat()
        guard unsafe lstat(path, &info) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return }
            throw failure(path, "stat")
        }
        if info.st_mode & S_IFMT == S_IFDIR {
            for name in names(in: path) { try remove(path + "/" + name) }
            guard unsafe rmdir(path) == 0 || errno == ENOENT else { throw failure(path, "rmdir") }
        } else {
            guard unsafe unlink(path) == 0 || errno == ENOENT else { throw failure(path, "unlink") }
        }
    }

    /// XXH3-64 over the XXH3-64 of each piece of 8 MiB; of a file that is not there or empty, 0.
    public static func checksum(_ path: String) throws(StorageError) -> UInt64 {
        guard let size = try byteCount(path), size > 0 else { return 0 }
        var sums: [UInt64] = []
        try forEachPiece(of: path) { piece throws(StorageError) in
            unsafe sums.append(piece.withUnsafeBytes { unsafe mv_hash64($0.baseAddress, $0.count, 0) })
        }
        return unsafe sums.withUnsafeBytes { unsafe mv_hash64($0.baseAddress, $0.count, 0) }
    }

    /// Bytes on disk of the file, or of everything below the folder.
    public static func bytesBelow(_ path: String) -> Int {
        guard isFolder(path) else { return bytesOnDisk(path) }
        return names(in: path).reduce(0) { $0 + bytesBelow(path + "/" + $1) }
    }

    /// Copies a file, so that after a crash the copy is whole or not there.
    public static func copy(_ source: String, to target: String) throws(StorageError) {
        let aside = target + ".new"
        let file = try open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC)
        do throws(StorageError) {
            try forEachPiece(of: source) { piece throws(StorageError) in try write(piece, to: file, aside) }
            guard fsync(file) == 0 else { throw failure(aside, "fsync") }
        } catch {
            close(file)
            unsafe unlink(aside)
            throw error
        }
        close(file)
        try rename(aside, to: target)
    }

    /// Calls `body` with one piece of 8 MiB after the other; only the last may be shorter.
    private static func forEachPiece(
        of path: String, _ body: (ArraySlice<UInt8>) throws(StorageError) -> Void
    ) throws(StorageError) {
        let file = try open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 8 << 20)
        var filled = 0
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe bytes.baseAddress.map { unsafe Glibc.read(file, $0 + filled, bytes.count - filled) } ?? 0
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path, "read") }
            filled += count
            guard filled == buffer.count || count == 0 else { continue }
            if filled > 0 { try body(buffer[..<filled]) }
            filled = 0
            if count == 0 { return }
        }
    }

    /// Makes what was written to the file survive a power cut.
    public static func sync(_ path: String) throws(StorageError) {
        let file = try open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure(path, "fsync") }
    }

    public static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func failure(_ path: String, _ operation: String) -> StorageError {
        errno == ENOSPC || errno == EDQUOT
            ? .diskFull(path: path, operation: operation) : .file(path: path, operation: operation, errno: errno)
    }

    static func open(_ path: String, _ flags: Int32) throws(StorageError) -> Int32 {
        let file = unsafe Glibc.open(path, flags, 0o644)
        guard file >= 0 else { throw failure(path, "open") }
        return file
    }

    static func write(_ bytes: ArraySlice<UInt8>, to file: Int32, _ path: String) throws(StorageError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(path, "write") }
            rest = rest.dropFirst(count)
        }
    }

    private static func syncFolder(of path: String) throws(StorageError) {
        let parent = folder(of: path)
        let file = try open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure(parent, "fsync") }
    }
}
