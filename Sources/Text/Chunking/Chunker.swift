/// Cuts documents into passages.
public struct Chunker: Sendable {
    let limit: Int
    let tokens: @Sendable (String) -> Int

    public init(limit: Int, tokens: @escaping @Sendable (String) -> Int) {
        self.limit = limit
        self.tokens = tokens
    }

    public func chunks(of document: SourceDocument) -> [TextChunk] {
        var out: [TextChunk] = []
        for section in document.sections {
            for part in section.text.split(separator: "\n\n") {
                out.append(TextChunk(number: out.count, section: section.title, text: String(part)))
            }
        }
        return out
    }
}
