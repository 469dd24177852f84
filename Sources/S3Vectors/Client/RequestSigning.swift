extension HTTPRequest {
    /// Adds the headers of signature version 4 over the host, the content's type and what the signer adds.
    ///
    /// Other headers are sent unsigned: proxies change some of them.
    /// - Parameter time: seconds since 1970.
    mutating func sign(_ signer: SigV4Signer, _ credentials: Credentials, at time: Double) {
        let (path, query) = target
        var signed = [(name: "host", value: Endpoint.hostHeader(url) ?? "")]
        for header in headers where Self.isSigned(header.name) {
            signed.append((name: header.name, value: header.value))
        }
        let signable = SignableRequest(
            method: method, path: path, query: query, headers: signed,
            bodyHash: Digest.hexadecimal(Digest.sha256(body)))
        let keys = SigningKeys(
            accessKey: credentials.accessKeyID, secretKey: credentials.secretAccessKey,
            sessionToken: credentials.sessionToken)
        // A clock that is that far off is refused by the service; it must not be a trap here.
        let seconds = time.magnitude < 1e11 ? Int(time.rounded(.down)) : 0
        for added in signer.headers(for: signable, keys: keys, at: SigningTime(seconds: seconds)) {
            headers.append(HTTPHeader(added.name, added.value))
        }
    }

    private static func isSigned(_ name: String) -> Bool {
        let name = name.lowercased()
        return name == "content-type" || name == "range" || name == "if-match" || name == "if-none-match"
            || name.hasPrefix("x-amz-")
    }

    /// Path and query as they stand in the request line.
    var target: (path: String, query: String) {
        guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else { return ("/", "") }
        let afterScheme = url[url.index(colon, offsetBy: 3)...]
        guard let start = afterScheme.firstIndex(where: { $0 == "/" || $0 == "?" }) else { return ("/", "") }
        let parts = afterScheme[start...].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts.first.map { $0.isEmpty ? "/" : String($0) } ?? "/"
        return (path, parts.count > 1 ? String(parts[1]) : "")
    }
}
