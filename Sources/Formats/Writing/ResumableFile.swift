internal import Glibc

/// A file that grows step by step and is gone on with after a kill. Standard output is written to as it is.
public final class ResumableFile {
    public let name: String
    /// What was written, with what there was at the beginning.
    public private(set) var byteCount: Int
    private let descriptor: Int32
    private let isFile: Bool

    /// - Parameters:
    ///   - path: `-` is the standard output.
    ///   - byteCount: what stays of a file that is there; what is behind it is cut off.
    /// - Throws: ``FormatError``, also when the file has fewer bytes.
    public init(path: String, keeping byteCount: Int = 0) throws(FormatError) {
        name = path == "-" ? "standard output" : path
        self.byteCount = byteCount
        isFile = path != "-"
        descriptor = isFile ? unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644) : 1
        guard descriptor >= 0 else { throw FormatError(file: name, .file(operation: "create", errno: errno)) }
        guard isFile else { return }
        var info = stat()
        guard unsafe fstat(descriptor, &info) == 0 else { throw failure("stat") }
        // Devices and pipes have no length to go back to.
        guard info.st_mode & S_IFMT == S_IFREG else { return }
        guard info.st_size >= byteCount else {
            throw FormatError(file: name, .truncated(foundBytes: Int(info.st_size), recordBytes: byteCount))
        }
        guard ftruncate(descriptor, off_t(byteCount)) == 0 else { throw failure("truncate") }
        guard lseek(descriptor, off_t(byteCount), SEEK_SET) >= 0 else { throw failure("seek") }
    }

    deinit { if isFile && descriptor >= 0 { close(descriptor) } }

    public func write(_ bytes: [UInt8]) throws(FormatError) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write") }
            done += count
        }
        byteCount += bytes.count
    }

    /// Returns when what was written survives a power cut.
    public func sync() throws(FormatError) {
        guard isFile, fdatasync(descriptor) != 0, errno != EINVAL else { return }
        throw failure("fdatasync")
    }

    private func failure(_ operation: String) -> FormatError {
        FormatError(file: name, .file(operation: operation, errno: errno))
    }
}
