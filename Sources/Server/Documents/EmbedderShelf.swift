internal import Synchronization
internal import Text

/// The embedders that collections remember, each made once: a model is loaded once for all collections. Vectors of
/// questions are kept, as many come again.
final class EmbedderShelf: Sendable {
    private let made = Mutex<[String: Task<any Embedder, any Error>]>([:])

    /// Some ten thousand questions and vectors of 384 values.
    private static let byteBudget = 16 << 20

    /// - Parameter maker: the string that a collection remembers.
    /// - Throws: ``EmbedderError``; the next call tries again.
    func embedder(_ maker: String) async throws -> any Embedder {
        let task = made.withLock { made in
            if let task = made[maker] { return task }
            let task = Task<any Embedder, any Error> {
                CachedEmbedder(try await Embedders.make(remembered: maker), byteBudget: Self.byteBudget)
            }
            made[maker] = task
            return task
        }
        do {
            return try await task.value
        } catch {
            made.withLock { $0[maker] = nil }
            throw error
        }
    }
}
