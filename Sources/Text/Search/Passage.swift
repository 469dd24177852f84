public import MemVec

/// A passage that answers a question.
public struct Passage: Sendable {
    /// The document's id, its title, and where it was read.
    public let document: String
    public let title: String
    public let file: String
    public let section: String
    /// Its place in the document, from 0.
    public let chunk: Int
    public let text: String
    /// Words of the question in ``text``, other forms of them too: ranges of its Unicode scalars, in order.
    public let highlights: [Range<Int>]
    /// Cosine distance to the question; nil where only its words were found.
    public let distance: Float?
    /// BM25 of the question's words where it was found by text, the sum of reciprocal ranks where by both; nil by
    /// vector.
    public let score: Double?
    /// Where its vector was; nil where only its words were found.
    public let source: Hit.Source?
    /// Key of its vector in the collection.
    public let key: String
}

/// The passages that answer a question, the best first.
public struct SearchAnswer: Sendable {
    public let passages: [Passage]
    /// How the vectors' part of the answer came about; nil where words alone were searched.
    public let provenance: Provenance?
    /// 0 where the question was not embedded.
    public let embeddingSeconds: Double
    public let seconds: Double
}
