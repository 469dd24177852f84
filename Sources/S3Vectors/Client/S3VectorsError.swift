internal import Tiers

/// Why an operation of S3 Vectors did not do what was asked.
package enum S3VectorsError: Error, Equatable, Sendable {
    /// The service said no.
    case service(Operation, ServiceError)
    /// No answer.
    case transport(Operation, TransportError)
    /// Not sent: there is nothing to sign with.
    case credentials(CredentialError)
    /// An answer of status 200 that is not JSON: cut off, or from somebody else.
    case unreadableAnswer(Operation, what: String)
    /// JSON that is not what the operation answers.
    case strangeAnswer(Operation, what: String)
    /// Not sent: the service failed too often lately.
    case circuitOpen(retryIn: Duration)
    /// Not tried, or not tried again: it would have been too late.
    case deadlineExceeded(last: String?)
    case cancelled
    /// Not sent: one record alone is larger than a request may be.
    case recordTooLarge(key: String, byteCount: Int)
}

extension S3VectorsError {
    /// Whether the same may work when it is sent again; all operations may be repeated.
    package var isRetryable: Bool {
        switch self {
        case .service(_, let error): error.isRetryable
        case .transport(_, let error):
            switch error {
            case .timedOut, .unreachable, .connectionLost, .garbled: true
            case .answerTooLarge, .refusedURL, .refusedHeader, .cancelled, .closed, .outOfMemory: false
            }
        case .credentials(let error): error.isRetryable
        case .unreadableAnswer: true
        case .strangeAnswer, .circuitOpen, .deadlineExceeded, .cancelled, .recordTooLarge: false
        }
    }

    /// Whether a write that ended so may have been done, or may still be.
    package var mayHaveApplied: Bool {
        switch self {
        case .service(_, let error): error.status >= 500 || error.status == 408
        case .transport(_, let error): error.mayHaveBeenSent
        // The attempt before the deadline may have.
        case .unreadableAnswer, .strangeAnswer, .cancelled: true
        case .deadlineExceeded(let last): last != nil
        case .credentials, .circuitOpen, .recordTooLarge: false
        }
    }

    /// Whether the service is asked too fast.
    var isThrottling: Bool { if case .service(_, let error) = self { error.status == 429 } else { false } }

    /// What it says of the service's health: nil for nothing, as when the caller went away.
    var health: Bool? {
        switch self {
        case .service(_, let error):
            // Who throttles or refuses is there.
            error.isRetryable && error.status != 429 ? false : true
        case .transport(_, let error):
            switch error {
            case .timedOut, .unreachable, .connectionLost, .garbled: false
            case .answerTooLarge, .refusedURL, .refusedHeader, .cancelled, .closed, .outOfMemory: nil
            }
        case .unreadableAnswer, .strangeAnswer: false
        case .credentials, .circuitOpen, .deadlineExceeded, .cancelled, .recordTooLarge: nil
        }
    }
}

extension S3VectorsError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .service(let operation, let error): "\(operation.name): \(error)"
        case .transport(let operation, let error): "\(operation.name): the service \(Self.sentence(error))"
        case .credentials(let error): "\(error)"
        case .unreadableAnswer(let operation, let what): "\(operation.name): the answer cannot be read: \(what)"
        case .strangeAnswer(let operation, let what): "\(operation.name): the answer makes no sense: \(what)"
        case .circuitOpen(let pause): "the service failed too often lately; it is asked again in \(pause)"
        case .deadlineExceeded(let last): "the deadline is over" + (last.map { "; the last attempt: \($0)" } ?? "")
        case .cancelled: "cancelled"
        case .recordTooLarge(let key, let byteCount):
            "the record of key \"\(key)\" takes \(byteCount) bytes; a request holds \(Limits.bodyBytes)"
        }
    }

    private static func sentence(_ error: TransportError) -> String {
        switch error {
        case .unreachable: "\(error)"
        default: "gave no answer: \(error)"
        }
    }
}
