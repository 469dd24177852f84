/// Why a request has no answer.
package enum TransportError: Error, Equatable, Sendable {
    /// No connection within the time, no address, no TLS: nothing was sent.
    case unreachable(message: String)
    /// The request, or some of it, was sent; the answer did not end in time.
    case timedOut
    /// The connection broke, or the answer ended early.
    case connectionLost(message: String)
    /// What came is not HTTP.
    case garbled(message: String)
    case answerTooLarge(limit: Int)
    /// Nothing was sent.
    case refusedURL(url: String, message: String)
    /// Nothing was sent: a header with a line end or a null in it.
    case refusedHeader(name: String)
    /// The caller's task was cancelled; the server may have got the request.
    case cancelled
    /// Nothing was sent: the transport is closed.
    case closed
    case outOfMemory
}

extension TransportError {
    /// Whether the server may have got the request and may act on it.
    package var mayHaveBeenSent: Bool {
        switch self {
        case .timedOut, .connectionLost, .garbled, .answerTooLarge, .cancelled, .outOfMemory: true
        case .unreachable, .refusedURL, .refusedHeader, .closed: false
        }
    }
}

extension TransportError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreachable(let message): "cannot be reached: \(message)"
        case .timedOut: "no answer in time"
        case .connectionLost(let message): "the connection broke: \(message)"
        case .garbled(let message): "the answer is not HTTP: \(message)"
        case .answerTooLarge(let limit): "the answer is larger than \(limit) bytes"
        case .refusedURL(let url, let message): "\(url) cannot be asked: \(message); it must begin with http or https"
        case .refusedHeader(let name): "the header \(name) holds a line end or a null"
        case .cancelled: "the wait was cancelled"
        case .closed: "the transport is closed"
        case .outOfMemory: "out of memory"
        }
    }
}
