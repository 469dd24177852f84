/// The lines of bytes that come in pieces. Of a line that is longer than the limit only that it was there is known.
final class SourceLines {
    enum Line {
        case whole([UInt8])
        case tooLong
    }

    private let limit: Int
    private var bytes: [UInt8] = []
    private var position = 0
    private var isAtEnd = false

    /// Bytes of lines that were not given yet.
    var heldCount: Int { bytes.count - position }

    /// - Parameter limit: bytes of a line.
    init(limit: Int) { self.limit = limit }

    /// The next line, without its end; nil behind the last.
    ///
    /// - Parameter piece: gives the next bytes; nil at the end.
    func next(_ piece: () throws(SourceError) -> [UInt8]?) throws(SourceError) -> Line? {
        var searched = position, isTooLong = false
        while true {
            if let end = bytes[searched...].firstIndex(of: 0x0A) {
                defer { position = end + 1 }
                return isTooLong || end - position > limit ? Line.tooLong : Line.whole(Array(bytes[position..<end]))
            }
            if isAtEnd {
                defer { position = bytes.count }
                if isTooLong { return .tooLong }
                return position < bytes.count ? Line.whole(Array(bytes[position...])) : nil
            }
            bytes.removeFirst(position)
            position = 0
            // Of what is too long only the end is looked for: a file of one line may be larger than memory.
            if bytes.count > limit { isTooLong = true }
            if isTooLong { bytes = [] }
            searched = bytes.count
            if let more = try piece() { bytes += more } else { isAtEnd = true }
        }
    }
}
