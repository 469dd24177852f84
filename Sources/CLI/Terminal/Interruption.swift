import Dispatch
import Glibc
import Synchronization

/// SIGINT and SIGTERM ask a long command to end after what it is doing; a second one ends it at once. A command that
/// does not watch is ended by the first: whatever was acknowledged is on disk in any case.
enum Interruption {
    /// What is watched.
    static let signals = [SIGINT, SIGTERM]

    private static let signalNumber = Atomic<Int32>(0)
    private static let sources = Mutex<[Source]>([])
    /// What cancels the work of the moment.
    private static let works = Mutex<[@Sendable () -> Void]>([])

    /// Sendable as libdispatch has it: a source may be resumed and cancelled from any thread.
    private struct Source: @unchecked Sendable {
        let signal: any DispatchSourceSignal
    }

    static func watch() {
        for number in signals {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                let isFirst = signalNumber.exchange(number, ordering: .sequentiallyConsistent) == 0
                if !isFirst { _exit(Interrupted(signal: number).exitCode) }
                for cancel in works.withLock({ $0 }) { cancel() }
            }
            source.resume()
            let kept = Source(signal: source)
            sources.withLock { $0.append(kept) }
        }
    }

    /// From here on a signal ends the program at once again.
    static func unwatch() {
        sources.withLock { sources in
            for source in sources { source.signal.cancel() }
            sources.removeAll()
        }
        for number in signals { signal(number, SIG_DFL) }
    }

    /// Runs `body`, which is cancelled when a signal comes that is watched.
    static func cancelling<R: Sendable>(_ body: @escaping @Sendable () async throws -> R) async throws -> R {
        let work = Task { try await body() }
        works.withLock { $0.append { work.cancel() } }
        // It may have come before there was anything to cancel.
        if isAsked { work.cancel() }
        defer { works.withLock { $0.removeAll() } }
        return try await work.value
    }

    static var isAsked: Bool { signalNumber.load(ordering: .relaxed) != 0 }

    /// What to end with, once the command has put everything in order.
    static var asked: Interrupted? {
        let number = signalNumber.load(ordering: .relaxed)
        return number == 0 ? nil : Interrupted(signal: number)
    }
}

/// A command was asked to end and did.
struct Interrupted: Error, CustomStringConvertible {
    let signal: Int32
    /// What to do next, such as how to go on.
    var advice: String?

    /// As shells have it.
    var exitCode: Int32 { 128 + signal }
    var description: String { "interrupted" + (advice.map { "; \($0)" } ?? "") }
}
