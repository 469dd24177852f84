/// A pair of keys, with a token where they are good for a time only.
package struct SigningKeys: Sendable, Equatable {
    package var accessKey: String
    package var secretKey: String
    package var sessionToken: String?

    package init(accessKey: String, secretKey: String, sessionToken: String? = nil) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
    }
}

extension SigningKeys: CustomStringConvertible, CustomDebugStringConvertible {
    // A secret does not get into a log by way of an interpolation.
    package var description: String { "keys of \(accessKey)" }
    package var debugDescription: String { description }
}

/// AWS's signature version 4 for one service of one region. Pure: keys and time are given.
package struct SigV4Signer: Sendable {
    package let region: String
    package let service: String

    package init(region: String, service: String = Operation.serviceName) {
        self.region = region
        self.service = service
    }

    static let algorithm = "AWS4-HMAC-SHA256"
    static let dateHeader = "x-amz-date"
    static let tokenHeader = "x-amz-security-token"
    static let bodyHashHeader = "x-amz-content-sha256"

    /// The headers that a request gets: date, token, for `s3` the body's hash, and the signature over these and all
    /// headers that the request has.
    ///
    /// - Parameter request: with `host` and `content-type` where they are sent; what is not to be signed is left out
    ///   and added afterwards.
    /// - Returns: the headers to add; empty if the query is not percent-encoded.
    package func headers(
        for request: SignableRequest, keys: SigningKeys, at time: SigningTime
    ) -> [(name: String, value: String)] {
        var added = [(name: Self.dateHeader, value: time.text)]
        if let token = keys.sessionToken { added.append((name: Self.tokenHeader, value: token)) }
        if service == "s3" { added.append((name: Self.bodyHashHeader, value: request.bodyHash)) }
        var request = request
        request.headers += added
        let signed = Set(request.headers.map { $0.name.lowercased() }).sorted()
        guard let signature = signature(of: request, signed: signed, secretKey: keys.secretKey, at: time) else {
            return []
        }
        let text =
            "\(Self.algorithm) Credential=\(keys.accessKey)/\(scope(time)), "
            + "SignedHeaders=\(signed.joined(separator: ";")), Signature=\(signature)"
        return added + [(name: "authorization", value: text)]
    }

    /// Nil if a signed header is not there, or the query cannot be decoded.
    func signature(
        of request: SignableRequest, signed: [String], secretKey: String, at time: SigningTime
    ) -> String? {
        guard let text = stringToSign(request, signed: signed, at: time) else { return nil }
        var key = Digest.hmac(key: Array("AWS4\(secretKey)".utf8), time.day)
        for step in [region, service, "aws4_request"] { key = Digest.hmac(key: key, step) }
        return Digest.hexadecimal(Digest.hmac(key: key, text))
    }

    func stringToSign(_ request: SignableRequest, signed: [String], at time: SigningTime) -> String? {
        guard let canonical = CanonicalRequest.text(request, signed: signed, service: service) else { return nil }
        let hash = Digest.hexadecimal(Digest.sha256(Array(canonical.utf8)))
        return [Self.algorithm, time.text, scope(time), hash].joined(separator: "\n")
    }

    private func scope(_ time: SigningTime) -> String { "\(time.day)/\(region)/\(service)/aws4_request" }
}
