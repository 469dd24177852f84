internal import Glibc

/// A file or standard input, read forward in large pieces.
final class ByteSource {
    let name: String
    private let file: Int32
    private var buffer: [UInt8]
    private var start = 0
    private var end = 0
    /// Bytes given out so far.
    private(set) var offset = 0

    /// `-` is standard input.
    init(_ name: String) throws(FormatError) {
        self.name = name == "-" ? "standard input" : name
        if name == "-" {
            file = 0
        } else {
            file = unsafe open(name, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else {
                let text = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "it cannot be opened"
                throw FormatError(file: name, record: 0, byteOffset: 0, why: "cannot be opened: \(text)")
            }
        }
        buffer = [UInt8](repeating: 0, count: 1 << 20)
    }

    deinit { if file > 0 { close(file) } }

    /// Whether every byte was given out. Known only after a read has found nothing.
    var isAtEnd: Bool { start == end }

    /// Up to `count` bytes; fewer only at the end.
    func take(_ count: Int) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(count)
        while out.count < count {
            if start == end, !fill() { break }
            let piece = min(count - out.count, end - start)
            out.append(contentsOf: buffer[start..<start + piece])
            start += piece
        }
        offset += out.count
        return out
    }

    /// Runs `body` with the next `count` bytes where they lie, and passes over them; nil when there are fewer. At most
    /// a piece of the file (1 MiB) at a time.
    func withNext<R>(_ count: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R? {
        if end - start < count {
            guard count <= buffer.count else { return nil }
            let rest = end - start
            for i in 0..<rest { buffer[i] = buffer[start + i] }
            start = 0
            end = rest
            while end < count { guard refill() else { return nil } }
        }
        defer {
            start += count
            offset += count
        }
        return unsafe buffer.withUnsafeBytes {
            unsafe body(UnsafeRawBufferPointer(rebasing: $0[start..<start + count]))
        }
    }

    /// Reads behind what is there; false at the end.
    private func refill() -> Bool {
        while true {
            let room = end
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe bytes.baseAddress.map { unsafe read(file, $0 + room, bytes.count - room) } ?? 0
            }
            if count < 0, errno == EINTR { continue }
            end += max(0, count)
            return count > 0
        }
    }

    /// Passes over `count` bytes; false when there were fewer.
    func skip(_ count: Int) -> Bool {
        var left = count
        while left > 0 {
            if start == end, !fill() { return false }
            let piece = min(left, end - start)
            start += piece
            left -= piece
            offset += piece
        }
        return true
    }

    /// The next line without its end; nil at the end of the file. Lines over `limit` bytes come cut.
    func line(limit: Int) -> [UInt8]? {
        var out: [UInt8] = []
        var any = false
        while true {
            if start == end, !fill() { return any ? out : nil }
            any = true
            if let at = buffer[start..<end].firstIndex(of: UInt8(ascii: "\n")) {
                out.append(contentsOf: buffer[start..<at].prefix(max(0, limit - out.count)))
                offset += at + 1 - start
                start = at + 1
                return out
            }
            out.append(contentsOf: buffer[start..<end].prefix(max(0, limit - out.count)))
            offset += end - start
            start = end
        }
    }

    private func fill() -> Bool {
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            start = 0
            end = max(0, count)
            return count > 0
        }
    }
}
