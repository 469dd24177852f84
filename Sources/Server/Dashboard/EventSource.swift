internal import HummingbirdCore
internal import NIOCore
internal import Synchronization

/// An answer that goes on: one piece after the other until its time is up, the reader goes, or the server stops.
package struct EventSource: Sendable {
    let pause: Duration
    /// Counted as long as the answer goes on.
    let listener: Listener
    /// Nil at the end.
    let piece: @Sendable () async -> [UInt8]?

    /// - Parameter time: readers ask again after it; what they may see is judged anew then.
    func body(lasting time: Duration) -> ResponseBody {
        ResponseBody { writer in
            let clock = ContinuousClock(), end = clock.now + time
            while clock.now < end, let piece = await piece() {
                try await writer.write(ByteBuffer(bytes: piece))
                try await clock.sleep(for: pause)
            }
            try await writer.finish(nil)
            withExtendedLifetime(listener) {}
        }
    }

    /// A server-sent event of one line.
    static func event(_ name: String, _ line: String) -> [UInt8] { Array("event: \(name)\ndata: \(line)\n\n".utf8) }
}

/// How many read events.
final class ListenerCount: Sendable {
    static let limit = 32
    private let count = Atomic<Int>(0)

    var now: Int { count.load(ordering: .relaxed) }

    /// Nil when there are as many as may be.
    func enter() -> Listener? {
        if count.wrappingAdd(1, ordering: .relaxed).newValue > Self.limit {
            leave()
            return nil
        }
        return Listener { [self] in leave() }
    }

    private func leave() { count.wrappingSubtract(1, ordering: .relaxed) }
}

/// One who reads events; leaves with its last reference, however the connection ends.
final class Listener: Sendable {
    private let leave: @Sendable () -> Void

    init(_ leave: @escaping @Sendable () -> Void) { self.leave = leave }

    deinit { leave() }
}
