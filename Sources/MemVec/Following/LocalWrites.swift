internal import Storage
internal import Synchronization
internal import Vectors

/// The keys that are written here while somebody compares the collection with its cold store: what a listing says of
/// them may be older than the write.
///
/// ``note(_:)`` is called on the writer's thread, in the transaction that writes the intent down.
final class LocalWrites: Sendable {
    private struct State {
        var watcherCount = 0
        var keys: Set<VectorKey> = []
    }
    private let state = Mutex(State())

    func begin() { state.withLock { $0.watcherCount += 1 } }

    func end() {
        state.withLock { state in
            state.watcherCount -= 1
            if state.watcherCount == 0 { state.keys = [] }
        }
    }

    func note(_ keys: some Sequence<VectorKey>) {
        state.withLock { if $0.watcherCount > 0 { $0.keys.formUnion(keys) } }
    }

    func contains(_ key: VectorKey) -> Bool { state.withLock { $0.keys.contains(key) } }
}

extension Engine {
    /// Has keys that are written here noted until ``LocalWrites/end()``, those of open intents from the start.
    func watchLocalWrites() async throws {
        localWrites.begin()
        do {
            // On the writer's thread: an intent is noted there or read here.
            try await writes.submit { writer in
                self.localWrites.note(try writer.intents().map(\.intent.key))
            }
        } catch {
            localWrites.end()
            throw error
        }
    }
}
