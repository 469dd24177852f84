/// Keys of a container: ECS, EKS Pod Identity, and whatever speaks as they do.
struct ContainerCredentials {
    let surroundings: Surroundings

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    /// Nil when no address is set.
    func find() async throws(CredentialError) -> Credentials? {
        guard let url = try address() else { return nil }
        var headers = [HTTPHeader("Accept", "application/json")]
        if let token = try token() { headers.append(HTTPHeader("Authorization", token)) }
        var request = HTTPRequest("GET", url, headers: headers, timeout: .seconds(2))
        request.usesProxy = false
        request.answerByteLimit = 1 << 20
        let response = try await surroundings.ask("the container's endpoint \(url)", request)
        let answer = try CredentialAnswer(response.body, by: "the container's endpoint \(url)")
        return try answer.credentials(.metadata, origin: "the container's endpoint")
    }

    private func address() throws(CredentialError) -> String? {
        if let path = surroundings.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            return "http://169.254.170.2" + (path.hasPrefix("/") ? path : "/" + path)
        }
        guard let url = surroundings.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
        // Over plain HTTP the token must not leave the machine or its link.
        if url.hasPrefix("https://") { return url }
        let host = Endpoint.host(url) ?? ""
        let isNear =
            host == "localhost" || host == "[::1]" || host == "169.254.170.2" || host == "169.254.170.23"
            || host == "[fd00:ec2::23]" || Endpoint.isLoopback(host)
        guard url.hasPrefix("http://"), isNear else {
            throw .malformed(
                place: "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                what: "\(url) is neither https nor an address of this machine or its container host")
        }
        return url
    }

    private func token() throws(CredentialError) -> String? {
        guard let path = surroundings.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") else {
            return surroundings.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN")
        }
        guard let bytes = try surroundings.readFile(surroundings.expanded(path)) else {
            throw .unreadable(path: path, reason: "it is not there; AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names it")
        }
        var text = String(decoding: bytes, as: UTF8.self)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
