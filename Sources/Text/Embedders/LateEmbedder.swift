internal import Synchronization

/// An embedder that is made when it is first needed, once for all who ask: a model takes its time and its memory, and
/// whoever searches for words needs none.
public final class LateEmbedder: Sendable {
    private let make: @Sendable () async throws -> any Embedder
    private let making = Mutex<Task<any Embedder, any Error>?>(nil)

    public init(_ make: @escaping @Sendable () async throws -> any Embedder) { self.make = make }

    /// - Throws: what making it throws; the next call tries again.
    public var embedder: any Embedder {
        get async throws {
            let task = making.withLock { making in
                if let making { return making }
                let task = Task { try await make() }
                making = task
                return task
            }
            do {
                return try await task.value
            } catch {
                making.withLock { if $0 == task { $0 = nil } }
                throw error
            }
        }
    }
}
