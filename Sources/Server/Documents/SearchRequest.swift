internal import S3Vectors
internal import Text
internal import Vectors

/// The body of a search: `{"query": "...", "k": 5, "mode": "hybrid", "filter": {...}}`.
struct SearchRequest {
    let query: String
    let k: Int
    let mode: SearchMode
    let filter: Filter?

    static let queryLimit = 8192

    /// - Throws: ``ServiceError`` that names the member.
    init(_ body: [UInt8], nonFilterable: [String]) throws(ServiceError) {
        let value: JSONValue
        do { value = try JSONValue(bytes: body) } catch {
            throw ServiceError(.serialization, "The body is not JSON: \(error)")
        }
        guard case .object(let members) = value else {
            throw ServiceError(.serialization, "The body is \(value.summary), not an object")
        }
        for member in members where !["query", "k", "mode", "filter"].contains(member.name) {
            throw .invalid("\(member.name) is not known: query, k, mode and filter are", path: member.name)
        }
        guard case .string(let query) = value["query"], !query.allSatisfy(\.isWhitespace),
            query.utf8.count <= Self.queryLimit
        else { throw .invalid("query must be a string of 1 to \(Self.queryLimit) bytes", path: "query") }
        self.query = query
        var k = 10
        if let wanted = value["k"] {
            guard case .integer(let number) = wanted, (1...10_000).contains(number) else {
                throw .invalid("k is \(wanted.summary); 1 to 10,000 are possible", path: "k")
            }
            k = Int(number)
        }
        self.k = k
        var mode = SearchMode.vector
        if let wanted = value["mode"] {
            guard case .string(let text) = wanted, let known = SearchMode(rawValue: text) else {
                throw .invalid("mode is \(wanted.summary); vector, text and hybrid are possible", path: "mode")
            }
            mode = known
        }
        self.mode = mode
        do throws(FilterError) {
            filter = try value["filter"].map { value throws(FilterError) in
                try Filter(value, nonFilterable: nonFilterable)
            }
        } catch {
            throw .invalid(error.wireText, path: "filter", detail: error.serviceText)
        }
    }
}
