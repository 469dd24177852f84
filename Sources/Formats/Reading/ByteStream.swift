internal import Glibc

/// A file, pipe or terminal read once from front to back, through one buffer.
///
/// Files are read and not mapped: a map of a file that another program cuts short while it is read ends the process.
final class ByteStream {
    static let bufferBytes = 1 << 20

    /// For messages: the path, or "standard input".
    let name: String
    /// The size of a regular file when it was opened; nil for a pipe.
    let byteCount: Int?
    /// Where the next byte lies from the beginning.
    private(set) var offset = 0

    private let descriptor: Int32
    /// Where the file stood when the stream was made: a standard input may have been read by others before.
    private let origin: Int
    private let ownsDescriptor: Bool
    private let isCancelled: @Sendable () -> Bool
    private var buffer = [UInt8](repeating: 0, count: bufferBytes)
    // What was read and not yet consumed is buffer[start..<end].
    private var start = 0
    private var end = 0
    private var isAtEnd = false

    /// - Parameter path: `-` is the standard input.
    init(path: String, isCancelled: @escaping @Sendable () -> Bool) throws(FormatError) {
        self.isCancelled = isCancelled
        ownsDescriptor = path != "-"
        name = path == "-" ? "standard input" : path
        descriptor = path == "-" ? 0 : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FormatError(file: name, .file(operation: "open", errno: errno)) }
        var info = stat()
        byteCount = unsafe fstat(descriptor, &info) == 0 && info.st_mode & S_IFMT == S_IFREG ? Int(info.st_size) : nil
        origin = byteCount == nil ? 0 : max(0, Int(lseek(descriptor, 0, SEEK_CUR)))
    }

    deinit { if ownsDescriptor && descriptor >= 0 { close(descriptor) } }

    /// Reads until `count` bytes are at hand or the stream ends; gives how many are, which may be more.
    func fill(toHold count: Int) throws(FormatError) -> Int {
        guard end - start < count else { return end - start }
        if start > 0 {
            unsafe buffer.withUnsafeMutableBytes { bytes in
                // start..<end lies in the buffer; copying allows that the two ranges overlap.
                unsafe bytes.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start..<end]))
            }
            end -= start
            start = 0
        }
        if buffer.count < count { buffer.append(contentsOf: repeatElement(0, count: count - buffer.count)) }
        while end < count && !isAtEnd { try readMore() }
        return end
    }

    /// The bytes at hand, for the time of the call.
    func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        unsafe buffer.withUnsafeBytes { unsafe body(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
    }

    /// A copy of the first `count` bytes at hand, or of fewer when fewer are.
    func first(_ count: Int) -> ArraySlice<UInt8> { buffer[start..<min(start + count, end)] }

    func consume(_ count: Int) {
        precondition(count <= end - start, "consumed \(count) of \(end - start) bytes")
        start += count
        offset += count
    }

    /// Passes over `count` bytes; gives how many there were.
    func skip(_ count: Int) throws(FormatError) -> Int {
        var left = count - min(count, end - start)
        consume(count - left)
        if let byteCount, left > 0 {
            let jump = min(left, max(0, byteCount - offset))
            guard lseek(descriptor, off_t(jump), SEEK_CUR) >= 0 else { throw failure("seek") }
            offset += jump
            return count - left + jump
        }
        while left > 0 {
            let step = min(left, try fill(toHold: 1))
            if step == 0 { break }
            consume(step)
            left -= step
        }
        return count - left
    }

    /// Passes over all that comes before the next newline, and over that.
    func skipLine() throws(FormatError) {
        while try fill(toHold: 1) > 0 {
            let found: Int? = unsafe withBytes { bytes in
                guard let base = bytes.baseAddress else { return nil }
                let newline = unsafe memchr(base, 0x0A, bytes.count)
                return unsafe newline.map { unsafe UnsafeRawPointer($0) - base }
            }
            if let found { return consume(found + 1) }
            consume(end - start)
        }
    }

    /// Bytes of a regular file that were read before or will be; fewer where it ends. Nil of a pipe.
    func look(at position: Int, _ count: Int) throws(FormatError) -> [UInt8]? {
        guard byteCount != nil else { return nil }
        var bytes = [UInt8](repeating: 0, count: count), done = 0
        while done < count {
            let read = unsafe bytes.withUnsafeMutableBytes {
                unsafe pread(
                    descriptor, $0.baseAddress?.advanced(by: done), $0.count - done, off_t(origin + position + done))
            }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw failure("read") }
            if read == 0 { break }
            done += read
        }
        return Array(bytes.prefix(done))
    }

    /// Reads to the next newline; gives the length of the line without it, and what to consume; nil at the end.
    ///
    /// - Returns: a length of `limit` or more when the line is longer than `limit`; it is not read to its end then.
    func line(limit: Int) throws(FormatError) -> (length: Int, consumed: Int)? {
        var searched = 0
        while true {
            let found: Int? = unsafe withBytes { bytes in
                guard let base = bytes.baseAddress, bytes.count > searched else { return nil }
                let newline = unsafe memchr(base + searched, 0x0A, bytes.count - searched)
                return unsafe newline.map { unsafe UnsafeRawPointer($0) - base }
            }
            if let found { return (found, found + 1) }
            searched = end - start
            if searched >= limit { return (searched, searched) }
            if try fill(toHold: searched + 1) == searched { return searched == 0 ? nil : (searched, searched) }
        }
    }

    private func readMore() throws(FormatError) {
        if byteCount == nil { try waitUntilReadable() }
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe read(descriptor, $0.baseAddress?.advanced(by: end), $0.count - end)
        }
        if count < 0 {
            if errno == EINTR { return }
            throw failure("read")
        }
        end += count
        isAtEnd = count == 0
    }

    /// A pipe can be silent for hours: the wait looks up now and then whether it should go on.
    private func waitUntilReadable() throws(FormatError) {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while unsafe poll(&request, 1, 100) <= 0 {
            if isCancelled() { throw FormatError(file: name, .interrupted) }
        }
    }

    private func failure(_ operation: String) -> FormatError {
        FormatError(file: name, .file(operation: operation, errno: errno))
    }
}
