/// A passage of a document: what is embedded and found.
public struct TextChunk: Sendable, Equatable {
    /// Its place among the document's chunks, from 0.
    public var number: Int
    /// The title of its section.
    public var section: String
    public var text: String

    public init(number: Int, section: String, text: String) {
        self.number = number
        self.section = section
        self.text = text
    }
}
