/// HTML as text in sections: headings, paragraphs, items and rows; no scripts, styles, menus and forms.
struct Webpage {
    private(set) var title: String?
    private var builder = SectionBuilder()
    private var line: [UInt8] = []
    private var dropDepth = 0
    private var heading: Int?
    private var isInTitle = false
    private var titleText: [UInt8] = []

    private static let dropped: Set<String> = [
        "script", "style", "nav", "noscript", "template", "svg", "form", "button", "select", "iframe", "object",
        "footer", "aside",
    ]
    private static let blocks: Set<String> = [
        "p", "div", "section", "article", "main", "header", "ul", "ol", "table", "blockquote", "pre", "figure", "dl",
        "body", "hr", "address", "details", "summary",
    ]
    private static let rows: Set<String> = ["li", "tr", "br", "dt", "dd", "figcaption", "option"]

    /// Nil: no memory.
    static func document(_ text: String) -> (title: String?, sections: [SourceDocument.Section])? {
        guard let parser = MarkupParser(html: true) else { return nil }
        var page = Webpage()
        // HTML is never refused, and its pieces keep what was found small.
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: 1 << 16) {
            let piece = Array(bytes[start..<min(start + 1 << 16, bytes.count)])
            try? parser.feed(piece, last: false) { page.take($0) }
        }
        try? parser.feed([], last: true) { page.take($0) }
        page.endLine()
        let sections = page.builder.finished()
        let head = squeezed(page.titleText)
        return (head.isEmpty ? page.title : head, sections)
    }

    private mutating func take(_ event: MarkupParser.Event) {
        switch event {
        case .begin(let name): begin(name)
        case .end(let name): end(name)
        case .text(let bytes):
            if isInTitle { titleText += bytes } else if dropDepth == 0 { line += bytes }
        }
    }

    private mutating func begin(_ name: String) {
        if name == "title" { isInTitle = true }
        if Self.dropped.contains(name) { dropDepth += 1 }
        guard dropDepth == 0 else { return }
        if let level = Self.level(name) {
            endBlock()
            heading = level
        } else if Self.blocks.contains(name) {
            endBlock()
        } else if Self.rows.contains(name) {
            endLine()
        } else if name == "td" || name == "th" {
            line.append(0x20)
        }
    }

    private mutating func end(_ name: String) {
        if name == "title" { isInTitle = false }
        if Self.dropped.contains(name) { dropDepth = max(0, dropDepth - 1) }
        guard dropDepth == 0 else { return }
        if let level = Self.level(name), heading != nil {
            let text = Self.squeezed(line)
            line = []
            heading = nil
            guard !text.isEmpty else { return }
            builder.begin(level: level, title: text)
            if title == nil, level == 1 { title = text }
        } else if Self.blocks.contains(name) {
            endBlock()
        } else if Self.rows.contains(name) {
            endLine()
        }
    }

    private mutating func endBlock() {
        endLine()
        builder.endParagraph()
    }

    private mutating func endLine() {
        let text = Self.squeezed(line)
        line = []
        if !text.isEmpty { builder.add(text, ownLine: true) }
    }

    private static func level(_ name: String) -> Int? {
        guard name.count == 2, name.hasPrefix("h"), let level = Int(name.dropFirst()), (1...6).contains(level) else {
            return nil
        }
        return level
    }

    private static func squeezed(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
