/// How passages are found.
public enum SearchMode: String, Sendable, CaseIterable {
    /// By meaning: the distance of their vectors to the question's.
    case vector
    /// By the words of the question, as BM25 counts them.
    case text
    /// By both rankings together.
    case hybrid
}
