/// A role that is assumed with a token that somebody else writes into a file, as in EKS.
struct WebIdentity {
    let surroundings: Surroundings

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    /// Nil when AWS_WEB_IDENTITY_TOKEN_FILE is not set.
    func ofEnvironment() async throws(CredentialError) -> Credentials? {
        guard let file = surroundings.variable("AWS_WEB_IDENTITY_TOKEN_FILE") else { return nil }
        guard let role = surroundings.variable("AWS_ROLE_ARN") else {
            throw .incomplete(missing: "AWS_ROLE_ARN", place: "the environment, which has AWS_WEB_IDENTITY_TOKEN_FILE,")
        }
        let profiles = try Profiles(surroundings)
        let profile = profiles.profile(surroundings.variable("AWS_PROFILE") ?? "default")
        return try await assume(
            role, session: surroundings.variable("AWS_ROLE_SESSION_NAME"), tokenFile: file,
            SecurityTokenService(surroundings, profiles, profile))
    }

    /// The file is read each time: its token is renewed there.
    func assume(
        _ role: String, session: String?, tokenFile: String, _ sts: SecurityTokenService
    ) async throws(CredentialError) -> Credentials {
        guard let bytes = try surroundings.readFile(surroundings.expanded(tokenFile)) else {
            throw .unreadable(path: tokenFile, reason: "the token file of the role \(role) is not there")
        }
        var token = String(decoding: bytes, as: UTF8.self)
        while token.last?.isWhitespace == true { token.removeLast() }
        guard !token.isEmpty else { throw .unreadable(path: tokenFile, reason: "the token file is empty") }
        return try await sts.assume(role, session: session, webIdentity: token)
    }
}
