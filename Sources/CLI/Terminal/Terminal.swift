import Glibc
import Vectors

/// What goes to people (standard error) and what goes to programs (standard output).
enum Terminal {
    /// Whether people look at standard error, and may be shown what is written over.
    static let isInteractive = isatty(2) == 1
    /// Whether people can be asked.
    static let canAsk = isatty(0) == 1 && isatty(2) == 1
    private static let wantsColour = unsafe getenv("NO_COLOR") == nil
    /// Whether people look at standard output, and like some of it to stand out.
    static let hasColouredOutput = wantsColour && isatty(1) == 1
    static let bold = "\u{1B}[1m", usual = "\u{1B}[0m"

    /// A line of talk.
    static func say(_ text: String) { write(Array((text + "\n").utf8), to: 2) }

    /// A line of talk that begins with the program's name, as errors and notes do.
    static func complain(_ text: String) {
        say((isInteractive && wantsColour ? "\(bold)memvec:\(usual) " : "memvec: ") + text)
    }

    /// Talk without an end of line, over which the next is written.
    static func sayOver(_ text: String) { write(Array(("\r\u{1B}[K" + text).utf8), to: 2) }

    /// A line of data, written at once.
    static func print(_ text: String) { write(Array((text + "\n").utf8), to: 1) }

    /// A JSON object on a line of its own, written at once.
    static func print(_ object: JSONObject) { print(object.json.text) }

    /// Ends the program when nothing can be written: there is nowhere to say so but standard error.
    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                if descriptor != 2 { say("memvec: writing to standard output failed (errno \(errno))") }
                Outcome.leave(Outcome.failed.rawValue)
            }
            done += count
        }
    }
}

/// Many lines of data, written in large pieces.
struct LineOutput: ~Copyable {
    private static let pieceBytes = 1 << 16
    private var bytes: [UInt8] = []

    /// Lets `body` append whole lines.
    mutating func append(_ body: (inout [UInt8]) -> Void) {
        body(&bytes)
        if bytes.count >= Self.pieceBytes { flush() }
    }

    mutating func print(_ text: String) {
        append {
            $0.append(contentsOf: text.utf8)
            $0.append(0x0A)
        }
    }

    mutating func flush() {
        Terminal.write(bytes, to: 1)
        bytes.removeAll(keepingCapacity: true)
    }

    deinit { Terminal.write(bytes, to: 1) }
}
