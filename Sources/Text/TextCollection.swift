public import MemVec

/// A collection whose vectors are passages of documents, with what embeds them.
///
///     let texts = try await TextCollection.open(at: "notes", embedder: "minilm")
///     let report = try await texts.ingest(reader, label: "notes")
///     for passage in try await texts.search("how do I pin a vector?", k: 5).passages { print(passage.text) }
///
/// What is known of a document is in its chunks' metadata alone, so a collection that is attached elsewhere knows its
/// documents, too. It is a view of ``vectors``: close that one.
public struct TextCollection: Sendable {
    public let vectors: VectorCollection
    private let late: LateEmbedder

    /// A view of an open collection.
    ///
    /// - Throws: ``TextError`` when the collection's vectors are none of this embedder's.
    public init(_ vectors: VectorCollection, embedder: any Embedder) throws(TextError) {
        try Self.check(vectors, embedder)
        self.vectors = vectors
        late = LateEmbedder { embedder }
    }

    /// A view of an open collection whose embedder is made when the first text is to be embedded: documents and words
    /// need none.
    public init(_ vectors: VectorCollection, embedder: LateEmbedder) {
        self.vectors = vectors
        late = embedder
    }

    /// What embeds the texts.
    ///
    /// - Throws: ``TextError`` when the collection's vectors are none of this embedder's, or what making it throws.
    public var embedder: any Embedder {
        get async throws {
            let embedder = try await late.embedder
            try Self.check(vectors, embedder)
            return embedder
        }
    }

    private static func check(_ vectors: VectorCollection, _ embedder: any Embedder) throws(TextError) {
        if let remembered = vectors.settings.embedderName, remembered != embedder.name {
            throw .anotherEmbedder(folder: vectors.folder, remembered: remembered, asked: embedder.name)
        }
        guard vectors.dimension == embedder.dimension else {
            throw .anotherDimension(
                folder: vectors.folder, dimension: vectors.dimension, embedder: embedder.name, its: embedder.dimension)
        }
    }

    /// What a new collection for this embedder's vectors is made with: they are compared by cosine, and texts do not
    /// count as filterable.
    ///
    /// - Parameters:
    ///   - maker: the string that made the embedder, remembered with its name.
    ///   - cold: the remote that is to hold the vectors, such as `s3vectors://BUCKET/INDEX`.
    public static func configuration(
        for embedder: any Embedder, maker: String, cold: String? = nil, settings: CollectionSettings? = nil
    ) throws -> CollectionConfiguration {
        var settings = try settings ?? CollectionSettings()
        settings.embedder = maker
        settings.embedderName = embedder.name
        return try CollectionConfiguration(
            dimension: embedder.dimension, metric: .cosine, nonFilterableKeys: ChunkField.nonFilterable, cold: cold,
            settings: settings)
    }
}

extension TextCollection {
    /// Reads documents to their end, cuts them into passages, and embeds and stores those that are not there yet.
    ///
    /// A second run over the same source embeds and stores nothing. What changed is replaced, chunk by chunk. A run
    /// that was killed is taken up by the next.
    /// - Throws: ``EmbedderError``, `MemVecError`, `CancellationError`; what was stored before stays. A source that
    ///   breaks off is no error of the call: ``IngestReport/failure``.
    public func ingest(
        _ reader: sending any DocumentReader, options: IngestOptions = IngestOptions()
    ) async throws -> IngestReport {
        try await IngestRun(self, try await embedder, reader, options).run()
    }
}
