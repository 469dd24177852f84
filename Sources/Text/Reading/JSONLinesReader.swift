internal import Vectors

/// Documents of JSON objects, one a line: `id` or `_id`, `title`, and `text`, `content`, `body` or `passage`.
final class JSONLinesReader: DocumentReader {
    private let file: SourceFile
    private let name: String
    private var bytes: [UInt8] = []
    private var position = 0
    private var number = 0
    private var isAtEnd = false

    /// A longer line is left out.
    private static let lineLimit = 64 << 20
    private static let textFields = ["text", "content", "body", "passage"]
    private static let idFields = ["id", "_id"]

    init(_ file: SourceFile, name: String) {
        self.file = file
        self.name = name
    }

    var progress: (done: Int, all: Int?) { (file.readCount, file.byteCount) }

    func next() throws(SourceError) -> SourceItem? {
        while let line = try line() {
            number += 1
            let place = "\(name), line \(number)"
            guard line.count <= Self.lineLimit else { return .skipped(file: place, reason: "a line of over 64 MiB") }
            if line.allSatisfy(UTF8Text.isSpace) { continue }
            return item(line, place)
        }
        return nil
    }

    private func line() throws(SourceError) -> [UInt8]? {
        var searched = position
        while true {
            if let end = bytes[searched...].firstIndex(of: 0x0A) {
                defer { position = end + 1 }
                return Array(bytes[position..<end])
            }
            if isAtEnd {
                defer { position = bytes.count }
                return position < bytes.count ? Array(bytes[position...]) : nil
            }
            bytes.removeFirst(position)
            position = 0
            searched = bytes.count
            if let piece = try file.next() { bytes += piece } else { isAtEnd = true }
        }
    }

    private func item(_ line: [UInt8], _ place: String) -> SourceItem {
        let value: JSONValue
        do { value = try JSONValue(bytes: line) } catch {
            return .skipped(file: place, reason: "\(error)")
        }
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
        guard let text = string(Self.textFields) else {
            return .skipped(file: place, reason: "no text, content, body or passage in it")
        }
        let id = string(Self.idFields) ?? "\(number)"
        return .document(
            SourceDocument(
                id: id, title: string(["title"]) ?? "", file: place, sections: [.init(title: "", text: text)]))
    }
}
