// Unsafe code: what makes it sound. SHA1 reads the bytes of an array that outlives the call and writes its 20 bytes
// into an array that has room for them.
internal import CCrypto
internal import Vectors

/// Keys by way of IAM Identity Center: `aws sso login` leaves a token in a cache, which is exchanged for a role's keys.
struct SSOCredentials {
    private let surroundings: Surroundings
    private let profiles: Profiles

    init(_ surroundings: Surroundings, _ profiles: Profiles) {
        self.surroundings = surroundings
        self.profiles = profiles
    }

    /// What the profile, and the session that it names, say.
    private struct Login {
        let account: String
        let role: String
        let region: String
        /// Whose hash is the name of the cache's file: the session, or, without one, the start URL.
        let cacheKey: String
        /// How to log in again.
        let advice: String
        let place: String
    }

    func find(_ profile: Profiles.Profile) async throws(CredentialError) -> Credentials {
        let login = try login(profile)
        let token = try await token(login)
        let query = "role_name=\(PercentCoding.encoded(login.role))&account_id=\(PercentCoding.encoded(login.account))"
        let by = "the SSO portal"
        var request = HTTPRequest(
            "GET", "https://portal.sso.\(login.region).amazonaws.com/federation/credentials?\(query)",
            headers: [.init("x-amz-sso_bearer_token", token)], timeout: .seconds(10))
        request.answerByteLimit = 1 << 20
        let response: HTTPResponse
        do throws(CredentialError) {
            response = try await surroundings.ask(by, request)
        } catch .refused(_, 401, _) {
            throw .expired(what: "the SSO login of \(login.place)", instead: login.advice)
        }
        let answer = try CredentialAnswer(response.body, by: by)
        guard let keys = answer.json["roleCredentials"] else {
            throw .strangeAnswer(by: by, what: "roleCredentials is missing")
        }
        return try CredentialAnswer(keys, by: by).credentials(.portal, origin: "\(login.place) by SSO")
    }

    private func login(_ profile: Profiles.Profile) throws(CredentialError) -> Login {
        var settings = profile.config.merging(profile.credentials) { $1 }
        let session = profile["sso_session"]
        if let session {
            guard let section = profiles.section("sso-session", session) else {
                throw .incomplete(missing: "the section [sso-session \(session)]", place: "the config file")
            }
            settings.merge(section) { $1 }
        }
        func needed(_ name: String) throws(CredentialError) -> String {
            guard let value = settings[name], !value.isEmpty else {
                throw .incomplete(missing: name, place: profile.place)
            }
            return value
        }
        let start = try needed("sso_start_url")
        return Login(
            account: try needed("sso_account_id"), role: try needed("sso_role_name"),
            region: try needed("sso_region"), cacheKey: session ?? start,
            advice: "run `aws sso login --profile \(profile.name)`", place: profile.place)
    }

    private func token(_ login: Login) async throws(CredentialError) -> String {
        let path = surroundings.expanded("~/.aws/sso/cache/\(Self.fileName(login.cacheKey))")
        guard let bytes = try surroundings.readFile(path) else {
            throw .expired(
                what: "the SSO login of \(login.place), or it was never made (\(path)),", instead: login.advice)
        }
        let cached = try CredentialAnswer(bytes, by: path)
        guard let expiry = Timestamp.seconds(try cached.needed("expiresAt")) else {
            throw .malformed(place: path, what: "expiresAt is not a time")
        }
        // A token that ends on the way would be refused.
        if expiry - surroundings.now() > 60 { return try cached.needed("accessToken") }
        return try await renewed(cached, login, path)
    }

    /// By the refresh token, which logins of a session leave; the new tokens are written back, as the old are spent.
    private func renewed(
        _ cached: CredentialAnswer, _ login: Login, _ path: String
    ) async throws(CredentialError) -> String {
        let expired = CredentialError.expired(what: "the SSO login of \(login.place)", instead: login.advice)
        guard let refresh = cached.text("refreshToken"), let id = cached.text("clientId"),
            let secret = cached.text("clientSecret"),
            cached.text("registrationExpiresAt").flatMap({ Timestamp.seconds($0) }) ?? .infinity > surroundings.now()
        else { throw expired }
        let body = JSONValue.object([
            .init("grantType", .string("refresh_token")), .init("clientId", .string(id)),
            .init("clientSecret", .string(secret)), .init("refreshToken", .string(refresh)),
        ])
        let by = "SSO's token endpoint"
        var request = HTTPRequest(
            "POST", "https://oidc.\(login.region).amazonaws.com/token",
            headers: [.init("Content-Type", "application/json")], body: Array(body.text.utf8), timeout: .seconds(10))
        request.answerByteLimit = 1 << 20
        let response: HTTPResponse
        do throws(CredentialError) {
            response = try await surroundings.ask(by, request)
        } catch .refused(_, let status, _) where (400..<500).contains(status) && status != 429 {
            throw expired
        }
        let answer = try CredentialAnswer(response.body, by: by)
        let token = try answer.needed("accessToken")
        let seconds = answer.json["expiresIn"]?.double ?? 0
        try store(cached, token: token, refresh: answer.text("refreshToken"), until: surroundings.now() + seconds, path)
        return token
    }

    private func store(
        _ cached: CredentialAnswer, token: String, refresh: String?, until expiry: Double, _ path: String
    ) throws(CredentialError) {
        guard case .object(let members) = cached.json else { return }
        var changed = ["accessToken": token, "expiresAt": Timestamp.text(expiry)]
        if let refresh { changed["refreshToken"] = refresh }
        let updated = members.map { member in
            changed[member.name].map { JSONValue.Member(member.name, .string($0)) } ?? member
        }
        try surroundings.writeFile(path, Array(JSONValue.object(updated).text.utf8))
    }

    /// As AWS's tools name the file: the SHA-1 of the session or start URL.
    static func fileName(_ key: String) -> String {
        let key = Array(key.utf8)
        var hash = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
        unsafe SHA1(key, key.count, &hash)
        return Digest.hexadecimal(hash) + ".json"
    }
}
