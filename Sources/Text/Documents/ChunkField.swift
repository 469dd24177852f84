/// What the metadata of a chunk say, by name. All but the text can be filtered by.
public enum ChunkField {
    /// The document's id within the collection.
    public static let document = "document"
    public static let title = "title"
    /// Where the document was read.
    public static let file = "file"
    /// The title of the chunk's section; absent before the first.
    public static let section = "section"
    /// The chunk's place in its document, from 0.
    public static let chunk = "chunk"
    /// How many chunks the document has; with chunk 0 only.
    public static let chunks = "chunks"
    /// What everything else of the chunk, its text too, amounts to: who ingests again compares this.
    public static let digest = "digest"
    public static let text = "text"

    /// Long or of no use in a filter.
    public static let nonFilterable = [text, digest]

    /// Bytes of JSON that each may take, so that all filterable ones stay within S3 Vectors' 2,048.
    static let titleLimit = 256, sectionLimit = 256, fileLimit = 512, documentLimit = 640
    /// Bytes of JSON of the text: with all the rest it stays within S3 Vectors' 40,960.
    public static let textLimit = 36_000
}

extension String {
    /// The longest beginning whose JSON takes at most `limit` bytes, cut between characters; control characters, which
    /// have no place in a title or a passage, are spaces.
    func cut(toJSONBytes limit: Int) -> String {
        // Most texts are short and clean, and this runs over all of a source.
        if utf8.count <= limit / 2, !utf8.contains(where: { $0 < 0x20 && $0 != 0x0A && $0 != 0x09 || $0 == 0x7F }) {
            return self
        }
        var out = "", byteCount = 2
        for character in self {
            let shown = character.isControl ? " " : character
            byteCount += shown.jsonByteCount
            guard byteCount <= limit else { break }
            out.append(shown)
        }
        return out
    }
}

extension Character {
    /// Neither a line's end nor a tab, which passages have.
    fileprivate var isControl: Bool {
        guard unicodeScalars.count == 1, let scalar = unicodeScalars.first else { return false }
        return scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
    }

    /// Bytes in a JSON string.
    fileprivate var jsonByteCount: Int {
        utf8.reduce(0) { $0 + ($1 < 0x20 || $1 == 0x22 || $1 == 0x5C ? 2 : 1) }
    }
}
