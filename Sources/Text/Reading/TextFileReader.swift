/// A file that is one document: text, Markdown or HTML.
final class TextFileReader: DocumentReader {
    private let file: SourceFile
    private let id: String
    private let format: DocumentFormat
    private var isDone = false

    /// A longer file is left out: it is no text that a person wrote.
    private static let byteLimit = 256 << 20

    /// - Parameter id: also its name for people.
    init(_ file: SourceFile, id: String, format: DocumentFormat) {
        self.file = file
        self.id = id
        self.format = format
    }

    var progress: (done: Int, all: Int?) { (file.readCount, file.byteCount) }

    func next() throws(SourceError) -> SourceItem? {
        guard !isDone else { return nil }
        isDone = true
        guard let bytes = try file.all(limit: Self.byteLimit) else { return skipped("a file of over 256 MiB") }
        guard !bytes.isEmpty else { return document(nil, []) }
        guard let text = DecodedText.string(bytes, isHTML: format == .html) else { return skipped("no text") }
        let clean = Self.withLineFeeds(text)
        let found: (title: String?, sections: [SourceDocument.Section])?
        switch format {
        case .markdown: found = Markdown.document(clean)
        case .html: found = Webpage.document(clean)
        default: found = (nil, [.init(title: "", text: clean)])
        }
        guard let (title, sections) = found else {
            throw .unreadable(path: file.path, problem: "there is no memory for it")
        }
        let hasText = sections.contains { !$0.text.allSatisfy(\.isWhitespace) }
        return document(title, hasText ? sections : [])
    }

    /// The text with each CR LF, and each CR alone, as LF: so ends a line on old Macs.
    private static func withLineFeeds(_ text: String) -> String {
        let bytes = text.utf8
        guard bytes.contains(0x0D) else { return text }
        var out: [UInt8] = [], isBehindReturn = false
        out.reserveCapacity(bytes.count)
        for byte in bytes {
            if !(isBehindReturn && byte == 0x0A) { out.append(byte == 0x0D ? 0x0A : byte) }
            isBehindReturn = byte == 0x0D
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Also without any text: it is known by its name, and what a collection has of it from before is to go.
    private func document(_ title: String?, _ sections: [SourceDocument.Section]) -> SourceItem {
        .document(SourceDocument(id: id, title: title ?? Self.stem(id), file: id, sections: sections))
    }

    private func skipped(_ reason: String) -> SourceItem { .skipped(file: id, reason: reason) }

    /// The name without its folders and its end.
    private static func stem(_ path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return name }
        return String(name[..<dot])
    }
}
