/// AWS STS: gives the keys of roles.
struct SecurityTokenService {
    private let surroundings: Surroundings
    private let sources: SettingSources

    init(_ surroundings: Surroundings, _ profiles: Profiles, _ profile: Profiles.Profile?) {
        self.surroundings = surroundings
        sources = SettingSources(surroundings, profiles, profile)
    }

    private static let defaultSeconds = 3600

    /// - Parameter session: as it appears in the account's logs; nil: a name with the time.
    func assume(
        _ role: String, session: String?, externalID: String?, seconds: Int?, by credentials: Credentials
    ) async throws(CredentialError) -> Credentials {
        var fields = [
            ("Action", "AssumeRole"), ("RoleArn", role), ("RoleSessionName", session ?? sessionName),
            ("DurationSeconds", "\(seconds ?? Self.defaultSeconds)"),
        ]
        if let externalID { fields.append(("ExternalId", externalID)) }
        return try await ask(fields, role, signedBy: credentials)
    }

    /// - Parameter token: what the identity provider gave; it takes a signature's place.
    func assume(
        _ role: String, session: String?, webIdentity token: String
    ) async throws(CredentialError) -> Credentials {
        let fields = [
            ("Action", "AssumeRoleWithWebIdentity"), ("RoleArn", role), ("RoleSessionName", session ?? sessionName),
            ("WebIdentityToken", token),
        ]
        return try await ask(fields, role, signedBy: nil)
    }

    private var sessionName: String { "memvec-\(Int(surroundings.now()))" }

    private func ask(
        _ fields: [(String, String)], _ role: String, signedBy credentials: Credentials?
    ) async throws(CredentialError) -> Credentials {
        // Without a region the service's oldest address answers, and is signed for as us-east-1.
        let region = sources.region
        var url = region.map { Endpoint.address(ofSecurityTokensIn: $0) } ?? "https://sts.amazonaws.com"
        if let set = try sources.endpoint(of: "sts") { url = set }
        let form = ([("Version", "2011-06-15")] + fields).map { name, value in
            "\(name)=\(PercentCoding.encoded(value))"
        }
        var request = HTTPRequest(
            "POST", url + "/", headers: [.init("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")],
            body: Array(form.joined(separator: "&").utf8), timeout: .seconds(10))
        request.answerByteLimit = 1 << 20
        if let credentials {
            let signer = SigV4Signer(region: region ?? "us-east-1", service: "sts")
            request.sign(signer, credentials, at: surroundings.now())
        }
        return try read(try await answer(request, by: "STS (\(url))"), by: "STS (\(url))", role)
    }

    private func answer(_ request: HTTPRequest, by: String) async throws(CredentialError) -> String {
        do throws(CredentialError) {
            return String(decoding: try await surroundings.ask(by, request).body, as: UTF8.self)
        } catch .refused(_, let status, let body) {
            let code = XMLText.first("Code", in: body)
            let message = XMLText.first("Message", in: body)
            let text = [code, message].compactMap { $0 }.joined(separator: ": ")
            throw .refused(by: by, status: status, message: text.isEmpty ? body : text)
        }
    }

    private func read(_ xml: String, by: String, _ role: String) throws(CredentialError) -> Credentials {
        guard let keys = XMLText.inside("Credentials", of: xml), let id = XMLText.first("AccessKeyId", in: keys),
            let secret = XMLText.first("SecretAccessKey", in: keys), !id.isEmpty, !secret.isEmpty,
            let token = XMLText.first("SessionToken", in: keys)
        else { throw .strangeAnswer(by: by, what: "no keys in it") }
        guard let expiration = XMLText.first("Expiration", in: keys).flatMap({ Timestamp.seconds($0) }) else {
            throw .strangeAnswer(by: by, what: "no time of expiry in it")
        }
        return Credentials(
            accessKeyID: id, secretAccessKey: secret, sessionToken: token, expiration: expiration,
            origin: "the role \(role)")
    }
}
