import Foundation

/// What goes to people (standard error) and what goes to programs (standard output).
enum Terminal {
    static func say(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

    static func print(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

    /// One JSON object on a line of its own.
    static func print(json object: [String: Any]) {
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? JSONSerialization.data(withJSONObject: object, options: options) else { return }
        FileHandle.standardOutput.write(data + Data("\n".utf8))
    }

    /// Whether people look at standard error.
    static let isInteractive = isatty(2) == 1

    static func bytes(_ count: Int) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(count), unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return unit == 0 ? "\(count) B" : String(format: "%.1f %@", value, units[unit])
    }
}

/// A line on a terminal that is written over: done, rate, time left. Silent elsewhere.
struct Progress {
    let what: String
    let total: Int?
    private let start = Date()
    private var shown = Date.distantPast

    init(_ what: String, total: Int?) {
        self.what = what
        self.total = total
    }

    mutating func update(_ done: Int) {
        guard Terminal.isInteractive, Date().timeIntervalSince(shown) > 0.2 else { return }
        shown = Date()
        let seconds = max(0.001, Date().timeIntervalSince(start)), rate = Double(done) / seconds
        var text = "\(what): \(done)"
        if let total { text += " of \(total)" }
        text += String(format: ", %.0f/s", rate)
        if let total, rate > 0 { text += String(format: ", %.0f s left", Double(max(0, total - done)) / rate) }
        FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
    }

    func finish() {
        if Terminal.isInteractive { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
}

/// SIGINT and SIGTERM ask a long command to end after what it is doing; a second one ends it at once.
enum Interruption {
    nonisolated(unsafe) private static var sources: [any DispatchSourceSignal] = []
    nonisolated(unsafe) private static var count: Int32 = 0

    static func watch() {
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                unsafe count += 1
                if unsafe count > 1 { Foundation.exit(128 + number) }
            }
            source.resume()
            unsafe sources.append(source)
        }
    }

    static var isAsked: Bool { unsafe count > 0 }
}
