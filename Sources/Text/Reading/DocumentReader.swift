/// What a reader comes upon.
public enum SourceItem: Sendable, Equatable {
    case document(SourceDocument)
    /// Left out: a redirect, an empty page, a file that is no text. `file` says where, with line and column where there
    /// are any.
    case skipped(file: String, reason: String)
    /// A file or folder within the source that cannot be read, or not to its end, or at one place in it: documents of
    /// it may be missing that are there all the same.
    case broken(file: String, place: String? = nil, reason: String)
}

/// Documents one after another, never all in memory. One task uses it.
public protocol DocumentReader {
    /// The next document or what was left out; nil at the end. What is broken in one document or file is left out,
    /// and the rest goes on.
    ///
    /// - Throws: ``SourceError`` when nothing more can be read.
    mutating func next() throws(SourceError) -> SourceItem?

    /// How far it is: bytes read of the source as stored (compressed ones count as such), and how many there are; nil
    /// where nobody knows.
    var progress: (done: Int, all: Int?) { get }
}
