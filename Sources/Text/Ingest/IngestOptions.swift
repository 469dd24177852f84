/// How far an ingest is.
public struct IngestProgress: Sendable {
    /// Bytes of the source read, and how many there are; nil where nobody knows.
    public var readBytes = 0
    public var allBytes: Int?
    public var documentCount = 0
    /// Chunks embedded and stored, and found unchanged.
    public var storedCount = 0
    public var unchangedCount = 0
}

/// What an ingest is told.
public struct IngestOptions: Sendable {
    /// Stands before the ids of the source's documents, with a slash; nil where they are good names by themselves.
    public var label: String?
    /// The name of the file that the source is; nil for a folder. Without a label it tells which documents are its.
    public var file: String?
    /// At most so many documents are read. A run that this ends takes none for missing.
    public var documentLimit: Int?
    /// Removes documents under the label, or else of the file, that the source does not have any more. Not of a
    /// source, or a file in it, that was not read whole.
    public var removesMissing = false
    /// Tokens of a chunk; nil is what the embedder reads.
    public var chunkTokens: Int?
    /// How the words of the passages are searched, as ``TextCollection/prepareFullText(_:)`` takes it.
    public var words: WordForms?
    /// Told of each thing that is left out, and why.
    public var skipped: @Sendable (_ file: String, _ reason: String) -> Void = { _, _ in }
    public var progress: @Sendable (IngestProgress) -> Void = { _ in }

    public init() {}
}
