import Formats
import MemVec
import Text

/// Reads the input of `memvec rerank` in parts that the memory holds.
actor RerankSource {
    struct Chunk: Sendable {
        var pieces: [RerankLines] = []
        /// Of the input, behind the last line.
        var endOffset = 0
        /// Of the input up to there (``RerankCheckpoint/digest(of:before:)``).
        var inputDigest: String?
    }

    /// What a refused line takes beside its reason.
    private static let refusalBytes = 64
    /// Bytes of input that one thread reads at a time.
    private static let pieceBytes = 1 << 19

    private let stream: LineStream
    private let reranker: Reranker
    private let parser: RerankParser
    private let chunkBytes: Int
    /// Whether a part ends with the first line that cannot be read, as the run does.
    private let endsAtRefusal: Bool
    /// What the user asked for; nil is what the collection remembers.
    private let embedderName: String?
    private var embedder: (any Embedder)?
    private(set) var seconds = (read: 0.0, parse: 0.0)

    /// - Parameter offset: where to go on in the input.
    init(
        _ stream: sending LineStream, from offset: Int, _ reranker: Reranker, embedder: String?, endsAtRefusal: Bool
    ) throws {
        try stream.skip(offset)
        self.stream = stream
        self.reranker = reranker
        parser = RerankParser(dimension: reranker.collection.dimension, metric: reranker.collection.metric)
        // While one part is worked on, the next is held as it was read, about half of what it takes later; and memory
        // that was given back is not all of use again.
        chunkBytes = min(reranker.options.ramBudgetBytes, RerankOptions.mostBytesAtOnce) / 2
        self.endsAtRefusal = endsAtRefusal
        embedderName = embedder
    }

    /// The next part; nil at the end.
    func next() async throws -> Chunk? {
        var chunk = Chunk(), held = 0, isAtEnd = false
        let dimension = parser.dimension, parser = parser
        let size = min(Self.pieceBytes, max(1 << 14, chunkBytes / 64))
        while held < chunkBytes, !isAtEnd {
            let start = ContinuousClock.now
            var raw: [LineStream.Piece] = []
            while raw.count < 2 * reranker.options.threadCount, !isAtEnd {
                if let lines = try stream.next(size) { raw.append(lines) } else { isAtEnd = true }
            }
            let texts = raw, middle = ContinuousClock.now
            var pieces = try await reranker.map(texts.count) { try parser.read(texts[$0]) }
            for at in pieces.indices where !pieces[at].texts.isEmpty { try await embed(&pieces[at]) }
            for piece in pieces {
                held += piece.batch.byteCount(dimension: dimension) + piece.ids.bytes.count
                held += piece.refused.reduce(0) { $0 + $1.why.utf8.count + Self.refusalBytes }
                if endsAtRefusal, !piece.refused.isEmpty { held = chunkBytes }
            }
            chunk.pieces += pieces
            seconds.read += (middle - start).seconds
            seconds.parse += (ContinuousClock.now - middle).seconds
        }
        chunk.endOffset = stream.offset
        chunk.inputDigest = try RerankCheckpoint.digest(of: stream, before: stream.offset)
        return chunk.pieces.isEmpty ? nil : chunk
    }

    /// Puts the vectors of texts in their places.
    private func embed(_ lines: inout RerankLines) async throws {
        let embedder = try await embedderToUse()
        for start in stride(from: 0, to: lines.texts.count, by: max(1, embedder.batchSize)) {
            let part = lines.texts[start..<min(start + max(1, embedder.batchSize), lines.texts.count)]
            let vectors = try await embedder.embed(part.map(\.text), as: .query)
            for ((line, _), vector) in zip(part, vectors) { lines.batch.set(vector, ofLine: line) }
        }
    }

    private func embedderToUse() async throws -> any Embedder {
        if let embedder { return embedder }
        let collection = reranker.collection
        let made: any Embedder
        if let embedderName {
            made = try await Embedders.make(embedderName)
        } else if let remembered = collection.settings.embedder {
            made = try await Embedders.make(remembered: remembered)
        } else {
            throw TextError.noEmbedder(folder: collection.folder)
        }
        // It refuses what is not this collection's.
        _ = try TextCollection(collection, embedder: made)
        embedder = made
        return made
    }
}
