/// A file or pipe of lines, read many lines at a time.
public final class LineStream {
    /// What one line may have: 100,000 candidates with keys of 600 bytes.
    public static let lineLimit = 64 << 20

    /// What is read at a time.
    public enum Piece: Sendable, Equatable {
        /// Whole lines.
        case lines([UInt8])
        /// One line that is longer than a line may be; it was passed over.
        case tooLong(limitBytes: Int)
    }

    private let stream: ByteStream
    private let lineLimit: Int

    /// - Parameters:
    ///   - path: `-` is the standard input.
    ///   - lineLimit: bytes of a line, with its newline; more than pieces are asked to have.
    /// - Throws: ``FormatError``.
    public init(
        path: String, lineLimit: Int = LineStream.lineLimit, isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws(FormatError) {
        self.lineLimit = lineLimit
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

    /// The first `size` bytes before `offset` and the last, read again beside the stream, to tell one input from
    /// another. Nil of a pipe.
    ///
    /// - Throws: ``FormatError``.
    public func ends(before offset: Int, size: Int) throws(FormatError) -> [UInt8]? {
        let size = min(size, offset)
        guard let first = try stream.look(at: 0, size), let last = try stream.look(at: offset - size, size) else {
            return nil
        }
        return first + last
    }

    /// The next lines, of about `size` bytes together, or one that is longer; nil at the end. All but the very last end
    /// with a newline.
    ///
    /// - Throws: ``FormatError``.
    public func next(_ size: Int) throws(FormatError) -> Piece? {
        var wanted = size
        while true {
            let held = try stream.fill(toHold: wanted)
            guard held > 0 else { return nil }
            let bytes = stream.first(wanted)
            if held < wanted {
                stream.consume(bytes.count)
                return .lines(Array(bytes))
            }
            if let newline = bytes.lastIndex(of: 0x0A) {
                let lines = Array(bytes[bytes.startIndex...newline])
                stream.consume(lines.count)
                return .lines(lines)
            }
            guard wanted < lineLimit else {
                try stream.skipLine()
                return .tooLong(limitBytes: lineLimit)
            }
            wanted = min(2 * wanted, lineLimit)
        }
    }
}
