internal import Vectors

/// Documents of JSON objects, one a line: `id` or `_id`, `title`, and `text`, `content`, `body` or `passage`.
final class JSONLinesReader: DocumentReader {
    private let file: SourceFile
    private let name: String
    private let lineLimit: Int
    private let lines: SourceLines
    private var number = 0
    /// UTF-16 has its line ends elsewhere: the file is broken at its beginning, and not read on.
    private var isWide = false

    private static let textFields = ["text", "content", "body", "passage"]
    private static let idFields = ["id", "_id"]

    /// - Parameter lineLimit: a line of more bytes is left out.
    init(_ file: SourceFile, name: String, lineLimit: Int = 64 << 20) {
        self.file = file
        self.name = name
        self.lineLimit = lineLimit
        lines = SourceLines(limit: lineLimit)
    }

    var progress: (done: Int, all: Int?) { (file.readCount, file.byteCount) }

    func next() throws(SourceError) -> SourceItem? {
        while !isWide, let line = try lines.next(file.next) {
            number += 1
            switch line {
            case .tooLong: return broken("a line of over \(lineLimit >> 20) MiB")
            case .whole(var bytes):
                if number == 1, bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
                    isWide = true
                    return broken("it is UTF-16, and JSON lines are read in UTF-8 alone")
                }
                if number == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
                if bytes.allSatisfy(UTF8Text.isSpace) { continue }
                return item(bytes)
            }
        }
        return nil
    }

    private func item(_ line: [UInt8]) -> SourceItem {
        let value: JSONValue
        do { value = try JSONValue(bytes: line) } catch { return broken("\(error)") }
        func string(_ names: [String]) -> String? {
            for name in names {
                switch value[name] {
                case .string(let text): return text
                case .integer(let number): return "\(number)"
                default: continue
                }
            }
            return nil
        }
        let place = "\(name), line \(number)"
        guard let text = string(Self.textFields) else {
            return .skipped(file: place, reason: "no text, content, body or passage in it")
        }
        let id = string(Self.idFields) ?? "\(number)"
        return .document(
            SourceDocument(
                id: id, title: string(["title"]) ?? "", file: place, sections: [.init(title: "", text: text)]))
    }

    /// Nobody knows which document the line was, and lines move: all of the file may be meant.
    private func broken(_ reason: String) -> SourceItem {
        .broken(file: name, place: "line \(number)", reason: reason)
    }
}
