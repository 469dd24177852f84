/// A text with its title, as a reader found it: clean of markup, in sections.
public struct SourceDocument: Sendable, Equatable {
    /// What it is known by within its source: a path, the number of a page, the id of a record.
    public var id: String
    public var title: String
    /// Where it was read, for people: a path relative to the source, and a place in it where a file holds many.
    public var file: String
    /// None where there is no text in it: a collection then keeps none of it.
    public var sections: [Section]

    public struct Section: Sendable, Equatable {
        /// The headings over it, outermost first, joined by " > "; empty before the first heading.
        public var title: String
        /// Paragraphs, parted by empty lines.
        public var text: String

        public init(title: String, text: String) {
            self.title = title
            self.text = text
        }
    }

    public init(id: String, title: String, file: String, sections: [Section]) {
        self.id = id
        self.title = title
        self.file = file
        self.sections = sections
    }
}
