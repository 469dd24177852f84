internal import Vectors

/// An error of the service as it goes over the wire, in either direction: a server makes and writes it, a client reads
/// and throws it.
package struct ServiceError: Error, Equatable, Sendable {
    /// The name by which programs know it. Not a closed set: proxies and other servers have names of their own.
    package struct Code: RawRepresentable, Hashable, Sendable {
        package let rawValue: String
        package init(rawValue: String) { self.rawValue = rawValue }
    }

    /// A member of a request that is wrong.
    package struct Field: Equatable, Sendable {
        package let path: String
        package let message: String

        package init(path: String, message: String) {
            self.path = path
            self.message = message
        }
    }

    package var code: Code
    /// The HTTP status.
    package var status: Int
    package var message: String
    /// Filled for ``Code/validation`` alone.
    package var fieldList: [Field] = []
    /// How long the service asks to wait (`x-amz-retry-after`; AWS's clients do not read `Retry-After`).
    package var retryAfterMilliseconds: Int?

    package init(
        _ code: Code, _ message: String, status: Int? = nil, fieldList: [Field] = [],
        retryAfterMilliseconds: Int? = nil
    ) {
        self.code = code
        self.status = status ?? code.usualStatus
        self.message = message
        self.fieldList = fieldList
        self.retryAfterMilliseconds = retryAfterMilliseconds
    }
}

extension ServiceError.Code {
    /// A member of the request is missing, wrong or out of range; `fieldList` may name it.
    package static let validation = Self(rawValue: "ValidationException")
    /// The access key may not do this, or the remote of the index may not be erased (`--allow-remote-delete`).
    package static let accessDenied = Self(rawValue: "AccessDeniedException")
    /// The vector bucket, the index, the policy or the document is not there.
    package static let notFound = Self(rawValue: "NotFoundException")
    /// The name is taken, the vector bucket is not empty, or the metadata key is searched already.
    package static let conflict = Self(rawValue: "ConflictException")
    /// The request did not come whole in its time (`--request-timeout`).
    package static let requestTimeout = Self(rawValue: "RequestTimeoutException")
    /// Too many requests. `memvec serve` answers it only where `--simulate-faults` asks for it.
    package static let tooManyRequests = Self(rawValue: "TooManyRequestsException")
    /// Something failed here; the message says what.
    package static let internalServer = Self(rawValue: "InternalServerException")
    /// A remote that is needed is away, disk or memory are full, or the server is stopping.
    package static let serviceUnavailable = Self(rawValue: "ServiceUnavailableException")
    /// No more vector buckets, or no more indexes in this one.
    package static let quotaExceeded = Self(rawValue: "ServiceQuotaExceededException")
    /// The KMS key is disabled. S3 Vectors answers it; `memvec serve` does not.
    package static let kmsDisabled = Self(rawValue: "KmsDisabledException")
    /// The KMS key is for something else. S3 Vectors answers it; `memvec serve` does not.
    package static let kmsInvalidKeyUsage = Self(rawValue: "KmsInvalidKeyUsageException")
    /// The KMS key cannot be used now. S3 Vectors answers it; `memvec serve` does not.
    package static let kmsInvalidState = Self(rawValue: "KmsInvalidStateException")
    /// The KMS key is not there. S3 Vectors answers it; `memvec serve` does not.
    package static let kmsNotFound = Self(rawValue: "KmsNotFoundException")
    /// The body is no JSON object; not in the model.
    package static let serialization = Self(rawValue: "SerializationException")
    /// No operation has this method and path; not in the model.
    package static let unknownOperation = Self(rawValue: "UnknownOperationException")
    /// The request is not signed, and the server has `--credentials`.
    package static let missingAuthentication = Self(rawValue: "MissingAuthenticationTokenException")
    /// The Authorization header lacks a part, or is no signature of version 4.
    package static let incompleteSignature = Self(rawValue: "IncompleteSignatureException")
    /// The signature is another one, too old, or leaves out a header that must be signed.
    package static let invalidSignature = Self(rawValue: "InvalidSignatureException")
    /// The access key is not known here.
    package static let unrecognizedClient = Self(rawValue: "UnrecognizedClientException")

    /// All of the above.
    package static let all: [Self] = [
        .validation, .accessDenied, .notFound, .conflict, .requestTimeout, .tooManyRequests, .internalServer,
        .serviceUnavailable, .quotaExceeded, .kmsDisabled, .kmsInvalidKeyUsage, .kmsInvalidState, .kmsNotFound,
        .serialization, .unknownOperation, .missingAuthentication, .incompleteSignature, .invalidSignature,
        .unrecognizedClient,
    ]

    /// The status that the model gives it, or AWS's habit where the model has none.
    package var usualStatus: Int {
        switch self {
        case .accessDenied, .missingAuthentication, .incompleteSignature, .invalidSignature, .unrecognizedClient: 403
        case .notFound, .unknownOperation: 404
        case .conflict: 409
        case .requestTimeout: 408
        case .tooManyRequests: 429
        case .internalServer: 500
        case .serviceUnavailable: 503
        case .quotaExceeded: 402
        default: 400
        }
    }
}

extension ServiceError {
    /// The header that names the code.
    package static let typeHeader = "x-amzn-errortype"
    package static let retryAfterHeader = "x-amz-retry-after"

    /// Whether the same request may be sent again: the statuses that the model marks, and those that proxies give.
    package var isRetryable: Bool {
        switch status {
        case 408, 429, 500, 502, 503, 504: true
        default: false
        }
    }

    /// The body that goes with the status and ``typeHeader``.
    package var body: [UInt8] {
        var out = WireWriter()
        out.object { out in
            out.member("message", message)
            guard !fieldList.isEmpty else { return }
            out.array("fieldList", fieldList) { field, out in
                out.object { out in
                    out.member("path", field.path)
                    out.member("message", field.message)
                }
            }
        }
        return out.bytes
    }

    /// From an answer whose status is not 2xx. Like AWS's clients it takes the code from the header, up to a colon,
    /// else from `__type` behind `#`, else from `code`, else the status is the code; any body will do.
    ///
    /// - Parameters:
    ///   - errorType: the header ``typeHeader``.
    ///   - retryAfter: the header ``retryAfterHeader``.
    package init(status: Int, errorType: String?, retryAfter: String? = nil, body: [UInt8]) {
        let document = try? JSONValue(bytes: body)
        func text(_ names: String...) -> String? {
            for name in names {
                if case .string(let text) = document?[name], !text.isEmpty { return text }
            }
            return nil
        }
        var name = (errorType ?? "").isEmpty ? text("__type", "code") ?? "" : errorType ?? ""
        if let colon = name.firstIndex(of: ":") { name = String(name[..<colon]) }
        if let hash = name.lastIndex(of: "#") { name = String(name[name.index(after: hash)...]) }
        var fields: [Field] = []
        if case .array(let list) = document?["fieldList"] {
            for item in list {
                guard case .string(let path) = item["path"], case .string(let message) = item["message"] else {
                    continue
                }
                fields.append(Field(path: path, message: message))
            }
        }
        self.init(
            Code(rawValue: name.isEmpty ? "\(status)" : name), text("message", "Message") ?? "", status: status,
            fieldList: fields, retryAfterMilliseconds: retryAfter.flatMap { Int($0) }.flatMap { $0 < 0 ? nil : $0 })
    }
}

extension ServiceError: CustomStringConvertible {
    package var description: String {
        let text = message.isEmpty ? "no message" : message
        return "\(code.rawValue) (HTTP \(status)): \(text)"
    }
}
