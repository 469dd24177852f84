/// What of an HTTP request is signed.
package struct SignableRequest: Sendable {
    package var method: String
    /// As it stands in the request line: percent-encoded once, without the query.
    package var path: String
    /// As it stands in the request line, without the question mark.
    package var query: String
    package var headers: [(name: String, value: String)]
    /// SHA-256 of the body in hexadecimal.
    package var bodyHash: String

    package init(
        method: String, path: String, query: String = "", headers: [(name: String, value: String)], bodyHash: String
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.bodyHash = bodyHash
    }

    /// The values of a header, trimmed, inner blanks made one, several joined by commas; nil if it is not there.
    package func value(ofHeader name: String) -> String? {
        var values: [String] = []
        for header in headers where header.name.lowercased() == name {
            values.append(header.value.split { $0 == " " || $0 == "\t" }.joined(separator: " "))
        }
        return values.isEmpty ? nil : values.joined(separator: ",")
    }
}

/// The text that signature version 4 hashes, after AWS's "Create a signed AWS API request".
enum CanonicalRequest {
    /// - Parameters:
    ///   - signed: names of headers in lower case, sorted.
    ///   - service: `s3` keeps the path as it was sent; all others normalise it and encode it once more.
    /// - Returns: nil if a signed header is not there, or the query cannot be decoded.
    static func text(_ request: SignableRequest, signed: [String], service: String) -> String? {
        var lines = ""
        for name in signed {
            guard let value = request.value(ofHeader: name) else { return nil }
            lines += "\(name):\(value)\n"
        }
        guard let query = query(request.query) else { return nil }
        let path = service == "s3" ? request.path : encodedTwice(request.path)
        return [
            request.method, path.isEmpty ? "/" : path, query, lines, signed.joined(separator: ";"), request.bodyHash,
        ].joined(separator: "\n")
    }

    /// Sorted by encoded name, then by encoded value.
    static func query(_ query: String) -> String? {
        guard let pairs = PercentCoding.pairs(ofQuery: query) else { return nil }
        let encoded = pairs.map { (name: PercentCoding.encoded($0.name), value: PercentCoding.encoded($0.value)) }
        let sorted = encoded.sorted { a, b in
            a.name == b.name
                ? a.value.utf8.lexicographicallyPrecedes(b.value.utf8)
                : a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
        }
        return sorted.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    }

    /// Dot segments and empty segments go, as RFC 3986 has it; what is left is encoded as if it were plain text.
    static func encodedTwice(_ path: String) -> String {
        var steps: [Substring] = []
        for step in path.split(separator: "/") where step != "." {
            if step == ".." { _ = steps.popLast() } else { steps.append(step) }
        }
        let isFolder = path.hasSuffix("/") || path.hasSuffix("/.") || path.hasSuffix("/..")
        let joined = "/" + steps.joined(separator: "/") + (isFolder && !steps.isEmpty ? "/" : "")
        return PercentCoding.encoded(joined, keepingSlashes: true)
    }
}
