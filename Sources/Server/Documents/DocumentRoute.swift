internal import S3Vectors

/// What a request below `/v1/` asks for: documents and search in words, which the S3 Vectors API has not.
enum DocumentRoute: Equatable {
    case openAPI
    case about(IndexName, Action)

    enum Action: Equatable {
        case list, search
        case show(id: String)
        case delete(id: String)
    }

    static let prefix = "/v1/"

    /// - Parameter path: as it came, before anything is decoded.
    /// - Throws: ``ServiceError``: no such path, no such method, a name that cannot be.
    init(method: String, path: String) throws(ServiceError) {
        let parts = path.dropFirst(Self.prefix.count).split(separator: "/", omittingEmptySubsequences: false)
        if parts == ["openapi.json"] {
            guard method == "GET" else { throw Self.wrongMethod(method, path) }
            self = .openAPI
            return
        }
        guard parts.count >= 4, parts[0] == "collections" else { throw Self.unknown(path) }
        guard let bucket = PercentCoding.decoded(parts[1]), let index = PercentCoding.decoded(parts[2]) else {
            throw Self.unknown(path)
        }
        let name = IndexName(
            bucket: try Service.checked(bucket: bucket), index: try Service.checked(index: index))
        switch (method, parts[3], parts.count) {
        case ("GET", "documents", 4): self = .about(name, .list)
        case ("POST", "search", 4): self = .about(name, .search)
        case ("GET", "documents", _), ("DELETE", "documents", _):
            // An id may hold slashes, written as they are or as %2F.
            guard parts.count > 4, let id = PercentCoding.decoded(parts[4...].joined(separator: "/")), !id.isEmpty
            else { throw Self.unknown(path) }
            self = .about(name, method == "GET" ? .show(id: id) : .delete(id: id))
        case (_, "documents", _), (_, "search", 4): throw Self.wrongMethod(method, path)
        default: throw Self.unknown(path)
        }
    }

    private static func unknown(_ path: String) -> ServiceError {
        ServiceError(
            .unknownOperation,
            "There is nothing at \(path.prefix(200)); GET /v1/openapi.json says what there is")
    }

    private static func wrongMethod(_ method: String, _ path: String) -> ServiceError {
        ServiceError(.unknownOperation, "\(method) is not possible at \(path.prefix(200))", status: 405)
    }
}

extension DocumentRoute.Action {
    var isWrite: Bool { if case .delete = self { true } else { false } }

    /// As it stands in messages.
    var name: String {
        switch self {
        case .list: "ListDocuments"
        case .show: "GetDocument"
        case .delete: "DeleteDocument"
        case .search: "Search"
        }
    }
}
