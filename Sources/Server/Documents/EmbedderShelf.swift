internal import Synchronization
internal import Text

/// The embedders that collections remember, each made once: a model is loaded once for all collections. Vectors of
/// questions are kept, as many come again.
final class EmbedderShelf: Sendable {
    private let there = Mutex<[String: LateEmbedder]>([:])

    /// - Parameter maker: the string that a collection remembers.
    func embedder(_ maker: String) -> LateEmbedder {
        there.withLock { there in
            if let late = there[maker] { return late }
            let late = LateEmbedder { CachedEmbedder(try await Embedders.make(remembered: maker)) }
            there[maker] = late
            return late
        }
    }
}
