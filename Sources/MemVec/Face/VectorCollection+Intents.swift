internal import Storage
internal import Tiers
public import Vectors

/// A write to the remote that is written down here and not confirmed.
public struct RemoteIntent: Sendable, Equatable {
    /// What was to be done to the key.
    public enum Action: String, Sendable {
        /// `put` writes the vector and its metadata, `delete` removes them.
        case put, delete
    }

    /// What becomes of it.
    public enum State: String, Sendable {
        /// It is sent again until it is answered.
        case pending
        /// Somebody else has written the key meanwhile: it is not sent unless it is asked for.
        case conflict
    }

    /// Larger than those of all intents before it.
    public let number: UInt64
    /// The key that is written.
    public let key: VectorKey
    /// What is to be done to it.
    public let action: Action
    /// What becomes of it.
    public let state: State
    /// Seconds since 1970.
    public let writtenAt: Double
}

extension VectorCollection {
    /// Writes that the remote has not confirmed, the oldest first. Queries do not see them.
    public func intents() throws -> [RemoteIntent] {
        try engine().store.read { try $0.intents() }.map { number, intent in
            RemoteIntent(
                number: number, key: intent.key, action: intent.action == .delete ? .delete : .put,
                state: intent.state == .conflict ? .conflict : .pending,
                writtenAt: Double(intent.createdMilliseconds) / 1000)
        }
    }

    /// Sends intents again: those of `numbers`, whatever the remote holds under their keys, or all that are no
    /// conflicts.
    ///
    /// - Returns: a sentence for each that is still open.
    public func retryIntents(_ numbers: [UInt64]? = nil) async throws -> [String] {
        try await writing { engine in
            try await engine.resolveIntents(try self.remote(engine), only: numbers.map { Set($0) })
        }
    }

    /// Forgets intents: they are not sent again. One that was sent may have been done all the same; a sync finds out.
    ///
    /// - Returns: how many there were of them.
    @discardableResult
    public func dropIntents(_ numbers: [UInt64]) async throws -> Int {
        try await writing { engine in
            try await engine.writes.submit { writer in
                var count = 0
                for number in Set(numbers) where try writer.intent(number) != nil {
                    try writer.removeIntent(number)
                    count += 1
                }
                return count
            }
        }
    }
}
