/// How documents are written in a file.
public enum DocumentFormat: String, Sendable, CaseIterable {
    case mediaWiki = "mediawiki"
    case markdown, html, text
    case jsonLines = "jsonl"

    private static let endings: [String: DocumentFormat] = [
        "xml": .mediaWiki, "md": .markdown, "markdown": .markdown, "html": .html, "htm": .html, "xhtml": .html,
        "txt": .text, "text": .text, "rst": .text, "org": .text, "adoc": .text, "tex": .text, "log": .text,
        "jsonl": .jsonLines, "ndjson": .jsonLines,
    ]

    /// By the end of a file's name, before `.gz` and `.bz2`; nil for one that is not known.
    init?(path: String) {
        var parts = path.split(separator: "/").last?.lowercased().split(separator: ".").map(String.init) ?? []
        if let last = parts.last, ["gz", "bz2"].contains(last) { parts.removeLast() }
        guard parts.count > 1, let last = parts.last, let format = Self.endings[last] else { return nil }
        self = format
    }
}
