internal import Synchronization

/// HTTP by libcurl: one thread, kept-alive connections, a bound on requests at once.
///
/// Requests beyond the bound wait in order, and their time runs. A task that is cancelled takes its transfer with it.
package final class CurlTransport: HTTPSending {
    package struct Settings: Sendable {
        /// Requests under way at once, and connections kept open.
        package var requestLimit = 64
        /// For the address, the connection and TLS.
        package var connectTimeout = Duration.seconds(5)
        /// Certificates to trust instead of the system's (AWS_CA_BUNDLE).
        package var caFile: String?

        package init() {}
    }

    private let loop: CurlLoop
    private let nextNumber = Atomic<UInt64>(0)

    /// - Throws: ``TransportError/outOfMemory``, also when the system has no more threads.
    package init(_ settings: Settings = Settings()) throws(TransportError) {
        loop = try CurlLoop(settings)
        let loop = loop
        guard TransportThread.start({ loop.run() }) else { throw .outOfMemory }
    }

    deinit { loop.close() }

    /// Ends the thread; requests under way and later ones end with ``TransportError/closed``.
    package func close() { loop.close() }

    package func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let number = nextNumber.wrappingAdd(1, ordering: .relaxed).newValue
        let loop = loop
        let result: Result<HTTPResponse, TransportError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.submit(.init(number: number, request: request, continuation: continuation))
                // The handler below may have run before there was anything to cancel.
                if Task.isCancelled { loop.cancel(number) }
            }
        } onCancel: {
            loop.cancel(number)
        }
        return try result.get()
    }
}
