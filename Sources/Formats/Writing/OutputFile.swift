internal import Glibc

/// A file that is there only when it is whole: written aside, then renamed. Standard output and devices get it at once.
final class OutputFile {
    private static let bufferBytes = 1 << 20

    let name: String
    private let path: String
    /// Where the bytes go until the file is whole; nil where they go to their place at once.
    private let aside: String?
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var isFinished = false

    /// - Parameter path: `-` is the standard output.
    /// - Throws: ``FormatError``, also when the file exists and `mayOverwrite` is false.
    init(path: String, mayOverwrite: Bool) throws(FormatError) {
        self.path = path
        name = path == "-" ? "standard output" : path
        var info = stat()
        let exists = unsafe path != "-" && stat(path, &info) == 0
        let isFile = info.st_mode & S_IFMT == S_IFREG
        guard !exists || !isFile || mayOverwrite else {
            throw FormatError(file: path, .file(operation: "create", errno: EEXIST))
        }
        aside = path == "-" || exists && !isFile ? nil : path + ".part"
        let opened = aside ?? path
        descriptor = path == "-" ? 1 : unsafe open(opened, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FormatError(file: opened, .file(operation: "create", errno: errno)) }
        buffer.reserveCapacity(Self.bufferBytes)
    }

    deinit {
        guard path != "-", descriptor >= 0 else { return }
        close(descriptor)
        if let aside, !isFinished { unsafe unlink(aside) }
    }

    /// Lets `body` append to what is to be written next.
    func append(_ body: (inout [UInt8]) -> Void) throws(FormatError) {
        body(&buffer)
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Writes over the beginning of the file, which must be one that can be gone back in.
    func rewriteHead(_ bytes: [UInt8]) throws(FormatError) {
        try flush()
        let count = unsafe bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        guard count == bytes.count else { throw failure("write") }
    }

    /// Writes what is left, makes it survive a crash, and gives the file its name.
    func finish() throws(FormatError) {
        try flush()
        guard let aside else { return }
        guard fsync(descriptor) == 0 else { throw failure("fsync") }
        guard unsafe rename(aside, path) == 0 else { throw failure("rename") }
        isFinished = true
    }

    private func flush() throws(FormatError) {
        var done = 0
        while done < buffer.count {
            let count = unsafe buffer.withUnsafeBytes {
                unsafe write(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write") }
            done += count
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private func failure(_ operation: String) -> FormatError {
        FormatError(file: name, .file(operation: operation, errno: errno))
    }
}
