/// A text with its title, as a reader found it: clean of markup, in sections.
public struct SourceDocument: Sendable, Equatable {
    /// What it is known by within its source: a path, the number of a page, the id of a record.
    public var id: String
    public var title: String
    /// Where it was read, for people: a path relative to the source, and a place in it where a file holds many.
    public var file: String
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

/// What a reader comes upon.
public enum SourceItem: Sendable, Equatable {
    case document(SourceDocument)
    /// Left out: a redirect, an empty page, a file that is no text, a record that is broken. `file` says where, with
    /// line and column where there are any.
    case skipped(file: String, reason: String)
}

/// Documents one after another, never all in memory. One task uses it.
public protocol DocumentReader {
    /// The next document or what was left out; nil at the end. What is broken in one document is a
    /// ``SourceItem/skipped(file:reason:)`` and the rest goes on.
    ///
    /// - Throws: ``SourceError`` when nothing more can be read.
    mutating func next() throws(SourceError) -> SourceItem?

    /// How far it is: bytes read of the source as stored (compressed ones count as such), and how many there are; nil
    /// where nobody knows.
    var progress: (done: Int, all: Int?) { get }
}
