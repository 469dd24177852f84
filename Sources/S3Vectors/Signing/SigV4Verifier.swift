/// The other side of ``SigV4Signer``: whether a request was signed, lately, by somebody who has a secret key.
package struct SigV4Verifier: Sendable {
    /// How old or how far ahead a signature may be.
    package static let tolerance = 15 * 60

    package let region: String
    package let service: String
    /// The keys of an access key; nil if there is none such.
    private let keys: @Sendable (_ accessKey: String) -> SigningKeys?

    package init(
        region: String, service: String = Operation.serviceName,
        keys: @escaping @Sendable (_ accessKey: String) -> SigningKeys?
    ) {
        self.region = region
        self.service = service
        self.keys = keys
    }

    /// - Parameter request: with all its headers as they were received, and the hash of the body that was received.
    /// - Returns: the access key.
    /// - Throws: ``ServiceError`` with status 403.
    package func verify(_ request: SignableRequest, now: SigningTime) throws(ServiceError) -> String {
        guard let header = request.value(ofHeader: "authorization") else {
            throw ServiceError(.missingAuthentication, "Missing Authentication Token")
        }
        let claim = try Authorization(header)
        try check(claim.scope)
        guard let date = request.value(ofHeader: SigV4Signer.dateHeader), let time = SigningTime(date) else {
            throw ServiceError(
                .incompleteSignature, "Date must be in ISO-8601 'basic format', as 20260102T030405Z, in x-amz-date")
        }
        guard time.day == claim.scope.day else {
            throw ServiceError(
                .invalidSignature,
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                    + "'\(claim.scope.day)' != '\(time.day)'")
        }
        try checkAge(time, now)
        // Whoever changes a header that was signed breaks the signature; these must be among them.
        var needed = ["host", SigV4Signer.dateHeader]
        for header in request.headers where header.name.lowercased().hasPrefix("x-amz-") {
            needed.append(header.name.lowercased())
        }
        for name in needed where !claim.signed.contains(name) {
            throw ServiceError(.invalidSignature, "'\(name)' must be a signed header")
        }
        guard let keys = keys(claim.accessKey) else {
            throw ServiceError(.unrecognizedClient, "The security token included in the request is invalid.")
        }
        try checkToken(request.value(ofHeader: SigV4Signer.tokenHeader), keys)
        // A body under another body's signature: the hash that is signed is that of the body that came.
        if let named = request.value(ofHeader: SigV4Signer.bodyHashHeader), named != request.bodyHash {
            throw ServiceError(
                .invalidSignature, "The provided 'x-amz-content-sha256' header does not match what was computed.")
        }
        let signer = SigV4Signer(region: region, service: service)
        let expected = signer.signature(of: request, signed: claim.signed, secretKey: keys.secretKey, at: time)
        guard let expected, Digest.areEqual(expected, claim.signature) else {
            throw ServiceError(
                .invalidSignature,
                "The request signature we calculated does not match the signature you provided. Check your AWS "
                    + "Secret Access Key and signing method. Consult the service documentation for details.")
        }
        return claim.accessKey
    }

    private func check(_ scope: Authorization.Scope) throws(ServiceError) {
        for (what, given, wanted) in [
            ("region", scope.region, region), ("service", scope.service, service),
            ("terminator", scope.end, "aws4_request"),
        ] where given != wanted {
            throw ServiceError(
                .invalidSignature, "Credential should be scoped to a valid \(what): '\(wanted)', not '\(given)'.")
        }
    }

    private func checkAge(_ time: SigningTime, _ now: SigningTime) throws(ServiceError) {
        let oldest = SigningTime(seconds: now.seconds - Self.tolerance)
        guard time >= oldest else {
            throw ServiceError(
                .invalidSignature,
                "Signature expired: \(time.text) is now earlier than \(oldest.text) (\(now.text) - 15 min.)")
        }
        let newest = SigningTime(seconds: now.seconds + Self.tolerance)
        guard time <= newest else {
            throw ServiceError(
                .invalidSignature,
                "Signature not yet current: \(time.text) is still later than \(newest.text) (\(now.text) + 15 min.)")
        }
    }

    private func checkToken(_ token: String?, _ keys: SigningKeys) throws(ServiceError) {
        switch (token, keys.sessionToken) {
        case (nil, nil): return
        case (let token?, let wanted?):
            if Digest.areEqual(token, wanted) { return }
        default: break
        }
        throw ServiceError(.unrecognizedClient, "The security token included in the request is invalid.")
    }
}

/// The header `Authorization`, taken apart.
struct Authorization {
    struct Scope: Equatable {
        var day: String
        var region: String
        var service: String
        var end: String
    }

    var accessKey: String
    var scope: Scope
    /// In the order of the header, which is that of the canonical request.
    var signed: [String]
    var signature: String

    init(_ header: String) throws(ServiceError) {
        let blank = header.firstIndex(of: " ") ?? header.endIndex
        guard header[..<blank] == SigV4Signer.algorithm else {
            throw Self.incomplete("only \(SigV4Signer.algorithm) is possible")
        }
        var parts: [String: String] = [:]
        for part in header[blank...].split(separator: ",") {
            let trimmed = part.drop { $0 == " " }
            guard let equals = trimmed.firstIndex(of: "=") else { throw Self.incomplete("a part has no '='") }
            parts[String(trimmed[..<equals])] = String(trimmed[trimmed.index(after: equals)...])
        }
        for name in ["Credential", "SignedHeaders", "Signature"] where parts[name] ?? "" == "" {
            throw ServiceError(.incompleteSignature, "Authorization header requires '\(name)' parameter.")
        }
        // An access key has no slash of its own; more parts than five cannot be told apart.
        let credential = (parts["Credential"] ?? "").split(separator: "/", omittingEmptySubsequences: false)
        guard credential.count == 5 else {
            throw Self.incomplete("Credential must have exactly 5 slash-delimited elements, it has \(credential.count)")
        }
        accessKey = String(credential[0])
        scope = Scope(
            day: String(credential[1]), region: String(credential[2]), service: String(credential[3]),
            end: String(credential[4]))
        signed = (parts["SignedHeaders"] ?? "").split(separator: ";").map { $0.lowercased() }
        signature = parts["Signature"] ?? ""
    }

    private static func incomplete(_ why: String) -> ServiceError {
        ServiceError(.incompleteSignature, "Authorization header cannot be read: \(why)")
    }
}
