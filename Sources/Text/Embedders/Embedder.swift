/// Turns texts into vectors.
///
/// One embedder serves many tasks at once. The same text gives the same vector, whatever stands beside it in the call,
/// to the last bits of float32.
public protocol Embedder: Sendable {
    /// What the collection remembers of it: the string that made it, without what does not change its vectors (the
    /// folder a model lies in, a server's address). Two embedders of one name give vectors that may be compared.
    var name: String { get }
    /// Values of each vector.
    var dimension: Int { get }
    /// The longest text it reads, in its own tokens; what is beyond is not seen.
    var longestInput: Int { get }
    /// How many texts one call is best given.
    var batchSize: Int { get }

    /// The length of a text in its own tokens, without those that it adds itself; an estimate, rather too high, where
    /// the tokens are known to a server only.
    func tokenCount(_ text: String) -> Int

    /// The vectors of texts, in their order, each of ``dimension`` finite values.
    ///
    /// - Throws: ``EmbedderError``. A failed call has no part of its answer.
    func embed(_ texts: [String], as form: TextForm) async throws(EmbedderError) -> [[Float]]
}

/// What a text is to be compared as: some models want a question and a passage in different words.
public enum TextForm: String, Sendable {
    case query, passage
}
