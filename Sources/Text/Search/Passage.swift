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
    /// Cosine distance to the question; nil where only its words were found.
    public let distance: Float?
    /// Where its vector was; nil as above.
    public let source: Hit.Source?
    /// Key of its vector in the collection.
    public let key: String
}

/// The passages nearest to a question, nearest first.
public struct SearchAnswer: Sendable {
    public let passages: [Passage]
    /// How the vectors' part of the answer came about.
    public let provenance: Provenance
    public let embeddingSeconds: Double
}
