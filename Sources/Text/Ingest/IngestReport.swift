/// What an ingest did.
public struct IngestReport: Sendable, Equatable {
    /// Documents that were read.
    public var documentCount = 0
    /// Of these, how many were not there before, were there otherwise, and were there just so.
    public var newCount = 0
    public var changedCount = 0
    public var unchangedCount = 0
    /// Documents that were removed because the source does not have them any more.
    public var removedDocumentCount = 0
    /// What was left out: redirects, empty pages, files that are no text.
    public var skippedCount = 0
    /// Chunks of the documents that were read.
    public var chunkCount = 0
    /// Of these, how many were embedded and stored; the others were there.
    public var storedCount = 0
    /// Chunks of changed documents that are no more.
    public var removedChunkCount = 0
    /// Chunks of which something was too long for metadata.
    public var cutCount = 0
    /// Bytes of the source as it is stored.
    public var byteCount = 0
    public var seconds = 0.0
    /// Of these, in the embedder, and in the collection.
    public var embeddingSeconds = 0.0
    public var storingSeconds = 0.0
    /// Why reading ended before the source did; what was read before is stored.
    public var failure: SourceError?

    public init() {}
}

/// How far an ingest is.
public struct IngestProgress: Sendable {
    /// Bytes of the source read, and how many there are; nil where nobody knows.
    public var readBytes = 0
    public var allBytes: Int?
    public var documentCount = 0
    /// Chunks embedded, stored, and found unchanged.
    public var embeddedCount = 0
    public var storedCount = 0
    public var unchangedCount = 0
}

/// What an ingest is told.
public struct IngestOptions: Sendable {
    /// Stands before the ids of the source's documents, with a slash; nil where they are good names by themselves.
    public var label: String?
    /// At most so many documents are read.
    public var documentLimit: Int?
    /// Removes documents under the label that the source does not have any more. Not of a source that was not read to
    /// its end.
    public var removesMissing = false
    /// Tokens of a chunk; nil is what the embedder reads.
    public var chunkTokens: Int?
    /// Told of each thing that is left out, and why.
    public var skipped: @Sendable (_ file: String, _ reason: String) -> Void = { _, _ in }
    public var progress: @Sendable (IngestProgress) -> Void = { _ in }

    public init() {}
}
