internal import CMarkup

/// XML or HTML in pieces: what begins, ends and stands in it.
///
/// The unsafe code here is sound: the parser is made and freed with the object and used by one task; what a call found
/// is copied before the next.
@safe final class MarkupParser {
    enum Event {
        case begin(String)
        case end(String)
        /// In pieces as they come.
        case text([UInt8])
    }

    struct Broken: Error {
        let place: String
        let problem: String
    }

    private let parser: OpaquePointer

    /// Nil: no memory.
    init?(html: Bool) {
        guard let parser = unsafe mvx_make(html) else { return nil }
        unsafe self.parser = parser
    }

    deinit { unsafe mvx_free(parser) }

    /// Gives what was found, also of a piece in which the document breaks off.
    ///
    /// - Throws: what `take` throws, and ``Broken``.
    func feed(_ bytes: [UInt8], last: Bool, _ take: (Event) -> Void) throws(Broken) {
        let status = unsafe mvx_feed(parser, bytes, bytes.count, last)
        for event in found() { take(event) }
        guard status != 0 else { return }
        let place = unsafe "line \(mvx_line(parser)), column \(mvx_column(parser))"
        throw Broken(place: place, problem: unsafe String(cString: mvx_problem(parser)))
    }

    private func found() -> [Event] {
        var count = 0
        guard let start = unsafe mvx_found(parser, &count) else { return [] }
        let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
        var events: [Event] = [], at = 0
        while at + 5 <= count {
            let length = (0..<4).reduce(0) { $0 | Int(bytes[at + 1 + $1]) << (8 * $1) }
            let part = bytes[at + 5..<at + 5 + length]
            switch Int(bytes[at]) {
            case MVX_BEGIN: events.append(.begin(String(decoding: part, as: UTF8.self)))
            case MVX_END: events.append(.end(String(decoding: part, as: UTF8.self)))
            default: events.append(.text(Array(part)))
            }
            at += 5 + length
        }
        return events
    }
}
