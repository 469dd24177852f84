/// A file or pipe of lines, read many lines at a time.
public final class LineStream {
    /// What one line may have: 100,000 candidates with keys of 600 bytes.
    public static let lineLimit = 64 << 20

    private let stream: ByteStream

    /// - Parameter path: `-` is the standard input.
    /// - Throws: ``FormatError``.
    public init(path: String, isCancelled: @escaping @Sendable () -> Bool = { false }) throws(FormatError) {
        stream = try ByteStream(path: path, isCancelled: isCancelled)
    }

    /// For messages.
    public var name: String { stream.name }
    /// Of a regular file; nil of a pipe.
    public var byteCount: Int? { stream.byteCount }
    /// Where the next line begins.
    public var offset: Int { stream.offset }

    /// Passes over bytes that were read at another time.
    ///
    /// - Throws: ``FormatError`` when there are fewer.
    public func skip(_ count: Int) throws(FormatError) {
        let found = try stream.skip(count)
        guard found == count else {
            throw FormatError(file: name, .truncated(foundBytes: found, recordBytes: count))
        }
    }

    /// The next lines, of about `size` bytes together, or one that is longer; nil at the end. All but the very last end
    /// with a newline.
    ///
    /// - Throws: ``FormatError``, for a line beyond ``lineLimit``, too.
    public func next(_ size: Int) throws(FormatError) -> [UInt8]? {
        var wanted = size
        while true {
            let held = try stream.fill(toHold: wanted)
            guard held > 0 else { return nil }
            let bytes = stream.first(wanted)
            if held < wanted {
                stream.consume(bytes.count)
                return Array(bytes)
            }
            if let newline = bytes.lastIndex(of: 0x0A) {
                let lines = Array(bytes[bytes.startIndex...newline])
                stream.consume(lines.count)
                return lines
            }
            guard wanted < Self.lineLimit else {
                throw FormatError(file: name, .lineTooLong(limitBytes: Self.lineLimit))
            }
            wanted *= 2
        }
    }
}
