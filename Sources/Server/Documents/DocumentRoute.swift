internal import S3Vectors

/// What a request below `/v1/` asks for: documents, search in words, and what the dashboard shows, which the S3 Vectors
/// API has not.
enum DocumentRoute: Equatable {
    case openAPI
    /// The names of all.
    case collections
    /// What is where and what was done, once or every second.
    case snapshot
    case events
    case about(IndexName, Action)

    enum Action: Equatable {
        case describe, list, search, explain
        case show(id: String)
        case delete(id: String)
    }

    static let prefix = "/v1/"

    /// - Parameter path: as it came, before anything is decoded.
    /// - Throws: ``ServiceError``: no such path, no such method, a name that cannot be.
    init(method: String, path: String) throws(ServiceError) {
        let parts = path.dropFirst(Self.prefix.count).split(separator: "/", omittingEmptySubsequences: false)
        if let whole = Self.whole(parts) {
            guard method == "GET" else { throw Self.wrongMethod(method, path) }
            self = whole
            return
        }
        guard parts.count >= 3, parts[0] == "collections" else { throw Self.unknown(path) }
        guard let bucket = PercentCoding.decoded(parts[1]), let index = PercentCoding.decoded(parts[2]) else {
            throw Self.unknown(path)
        }
        let name = IndexName(
            bucket: try Service.checked(bucket: bucket), index: try Service.checked(index: index))
        switch (method, parts.count > 3 ? parts[3] : "", parts.count) {
        case ("GET", "", 3): self = .about(name, .describe)
        case ("POST", "explain", 4): self = .about(name, .explain)
        case ("GET", "documents", 4): self = .about(name, .list)
        case ("POST", "search", 4): self = .about(name, .search)
        case ("GET", "documents", _), ("DELETE", "documents", _):
            // An id may hold slashes, written as they are or as %2F.
            guard parts.count > 4, let id = PercentCoding.decoded(parts[4...].joined(separator: "/")), !id.isEmpty
            else { throw Self.unknown(path) }
            self = .about(name, method == "GET" ? .show(id: id) : .delete(id: id))
        case (_, "documents", _), (_, "search", 4), (_, "explain", 4), (_, "", 3): throw Self.wrongMethod(method, path)
        default: throw Self.unknown(path)
        }
    }

    private static func whole(_ parts: [Substring]) -> DocumentRoute? {
        switch parts {
        case ["openapi.json"]: .openAPI
        case ["collections"]: .collections
        case ["snapshot"]: .snapshot
        case ["events"]: .events
        default: nil
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

extension DocumentRoute {
    /// Whether it only looks at what the server does.
    var isLook: Bool {
        switch self {
        case .collections, .snapshot, .events, .about(_, .describe): true
        case .openAPI, .about: false
        }
    }

    /// As metrics label it; nil where it has no label of its own.
    var name: String? { if case .about(_, let action) = self { action.name } else { nil } }
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
        case .describe: "DescribeCollection"
        case .explain: "Explain"
        }
    }
}
