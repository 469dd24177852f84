/// What an ingest did.
public struct IngestReport: Sendable, Equatable {
    /// Documents that were read.
    public var documentCount = 0
    /// Of these, how many were not there before, were there otherwise, and were there just so.
    public var newCount = 0
    public var changedCount = 0
    public var unchangedCount = 0
    /// Documents that were removed because the source does not have them any more, or no text in them.
    public var removedDocumentCount = 0
    /// What was left out: redirects, empty pages, files that are no text, lines that are broken.
    public var skippedCount = 0
    /// Files and folders that could not be read, or not all of them. No document of theirs was taken for gone.
    public var brokenCount = 0
    /// Whether ``IngestOptions/documentLimit`` ended the run. No document was taken for gone.
    public var isLimited = false
    /// Whether documents that are gone were to be removed, and nothing told which ones are this source's.
    public var isUnpruned = false
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
