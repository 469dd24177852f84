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
        guard !bytes.isEmpty else { return skipped("an empty file") }
        guard let text = DecodedText.string(bytes) else { return skipped("no text") }
        let clean = text.replacing("\r\n", with: "\n")
        let found: (title: String?, sections: [SourceDocument.Section])?
        switch format {
        case .markdown: found = Markdown.document(clean)
        case .html: found = Webpage.document(clean)
        default: found = (nil, [.init(title: "", text: clean)])
        }
        guard let (title, sections) = found, sections.contains(where: { !$0.text.allSatisfy(\.isWhitespace) }) else {
            return skipped("there is no text in it")
        }
        return .document(SourceDocument(id: id, title: title ?? Self.stem(id), file: id, sections: sections))
    }

    private func skipped(_ reason: String) -> SourceItem { .skipped(file: id, reason: reason) }

    /// The name without its folders and its end.
    private static func stem(_ path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return name }
        return String(name[..<dot])
    }
}
