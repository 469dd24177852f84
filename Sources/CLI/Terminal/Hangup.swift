import Dispatch
import Glibc

/// Runs something at each SIGHUP, which by itself would end the program.
final class Hangup: Sendable {
    /// Sendable as libdispatch has it: a source may be cancelled from any thread.
    private struct Source: @unchecked Sendable {
        let signal: any DispatchSourceSignal
    }

    private let source: Source

    init(_ body: @escaping @Sendable () -> Void) {
        signal(SIGHUP, SIG_IGN)
        let signal = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        signal.setEventHandler(handler: body)
        signal.resume()
        source = Source(signal: signal)
    }

    /// From here on SIGHUP ends the program again.
    func end() {
        source.signal.cancel()
        signal(SIGHUP, SIG_DFL)
    }
}
