internal import MemVec
internal import S3Vectors
internal import Storage
internal import Vectors

extension Service {
    /// What the wire says of an error of ours.
    static func serviceError(_ error: any Error) -> ServiceError {
        switch error {
        case let error as ServiceError: error
        case let error as WireError: ServiceError(error)
        case MemVecError.closed: unavailable("the server is stopping")
        case MemVecError.notErased, MemVecError.anotherIndex:
            ServiceError(.accessDenied, "Access denied: \(error)")
        case MemVecError.cold, MemVecError.tooManyIntents: unavailable("\(error)")
        case let error as StorageError: storage(error)
        case let error as InputError: ServiceError(.validation, error.description)
        case let error as MetadataError: ServiceError(.validation, error.description)
        case is CancellationError: unavailable("the request was cancelled")
        case let error as MemVecError: ServiceError(.internalServer, "Internal error: \(error)")
        default: ServiceError(.internalServer, "Internal error: \(error)")
        }
    }

    private static func storage(_ error: StorageError) -> ServiceError {
        switch error {
        case .diskFull, .outOfMemory, .locked: unavailable(error.description)
        default: ServiceError(.internalServer, "Internal error: \(error.description)")
        }
    }

    /// The error as clients are told it: where the server keeps its files is for its log alone.
    func shown(_ error: ServiceError, _ trace: RequestTrace) -> ServiceError {
        guard error.status >= 500 else { return error }
        var shown = error
        shown.message = Self.hidingPaths(below: catalog.root, in: error.message)
        if shown != error { trace.note { $0.cause = error.message } }
        return shown
    }

    /// The text with each path that begins with `root` taken out.
    static func hidingPaths(below root: String, in text: String) -> String {
        guard !root.isEmpty else { return text }
        var out = "", rest = text[...]
        while let found = rest.firstRange(of: root) {
            let tail = rest[found.upperBound...]
            let end = tail.firstIndex { " :;,\"')".contains($0) } ?? tail.endIndex
            // A root such as `data` may be a word of the text, or a part of another path.
            let isStart = text[..<found.lowerBound].last.map { " \"'(".contains($0) } ?? true
            let isPath = isStart && (tail.hasPrefix("/") || root.hasPrefix("/") && end == tail.startIndex)
            out += String(rest[..<found.lowerBound])
            out += isPath ? "a file of this server" : root
            rest = isPath ? rest[end...] : tail
        }
        return out + String(rest)
    }

    static func unavailable(_ why: String) -> ServiceError {
        ServiceError(.serviceUnavailable, "Currently unable to handle the request: \(why)")
    }
}

extension ServiceError {
    /// One member of a request is wrong.
    static func invalid(_ message: String, path: String, detail: String? = nil) -> ServiceError {
        ServiceError(.validation, message, fieldList: [Field(path: path, message: detail ?? message)])
    }
}
