package import Tiers

extension ColdError {
    /// What an error of the client means to those who fetch and write.
    package init(_ error: S3VectorsError) {
        switch error {
        case .service(_, let error): self.init(error)
        case .transport(_, let error): self.init(error)
        case .credentials(let error):
            self =
                error.isRetryable
                ? .unreachable(message: "\(error)")
                : .refused(status: 403, code: error.code, message: "\(error)")
        case .unreadableAnswer(_, let what): self = .connectionLost(message: "the answer cannot be read: \(what)")
        case .strangeAnswer(_, let what): self = .strangeAnswer(what: what)
        case .circuitOpen(let pause): self = .circuitOpen(retryIn: pause)
        // Nothing was sent: the index's rate of writes had no room in time.
        case .deadlineExceeded(nil): self = .throttled(pause: nil)
        case .deadlineExceeded: self = .timedOut
        case .cancelled: self = .cancelled
        case .recordTooLarge: self = .refused(status: 413, code: "record_too_large", message: "\(error)")
        }
    }

    private init(_ error: ServiceError) {
        if error.status == 429 {
            self = .throttled(pause: error.retryAfterMilliseconds.map { .milliseconds($0) })
        } else if error.isRetryable {
            self = .unavailable(status: error.status, message: "\(error)")
        } else {
            self = .refused(status: error.status, code: error.code.rawValue, message: error.message)
        }
    }

    private init(_ error: TransportError) {
        switch error {
        case .timedOut: self = .timedOut
        case .unreachable(let message): self = .unreachable(message: message)
        case .connectionLost(let message), .garbled(let message): self = .connectionLost(message: message)
        case .answerTooLarge: self = .strangeAnswer(what: "\(error)")
        case .refusedURL, .refusedHeader: self = .refused(status: 400, code: "refused_request", message: "\(error)")
        case .cancelled: self = .cancelled
        case .closed: self = .unreachable(message: "\(error)")
        case .outOfMemory: self = .connectionLost(message: "\(error)")
        }
    }
}
