/// Looks for credentials where AWS's tools look, in their order, and takes the first.
///
/// 1. AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (unless a profile is named in the call).
/// 2. The profile: a role to assume, web identity, SSO, keys in the credentials file, `credential_process`, keys in
///    the config file.
/// 3. A container's endpoint (ECS, EKS).
/// 4. The instance's metadata (EC2, IMDSv2 only).
///
/// A source that is set up and does not work ends the search with its error: the next one might be somebody else.
package struct CredentialChain: Sendable {
    let surroundings: Surroundings
    /// Named by the caller; nil: AWS_PROFILE, else "default".
    let profileName: String?

    package init(_ surroundings: Surroundings, profile: String? = nil) {
        self.surroundings = surroundings
        profileName = profile
    }

    package func find() async throws(CredentialError) -> Credentials {
        var looked: [String] = []
        if profileName == nil {
            if let found = try environmentKeys() { return found }
            looked.append("the environment (AWS_ACCESS_KEY_ID is not set)")
        }
        let profiles = try Profiles(surroundings)
        let wanted = profileName ?? surroundings.variable("AWS_PROFILE") ?? surroundings.variable("AWS_DEFAULT_PROFILE")
        let name = wanted ?? "default"
        if let profile = profiles.profile(name) {
            if let found = try await ProfileCredentials(surroundings, profiles).find(profile) { return found }
            looked.append("\(profile.place) (it says nothing of credentials)")
        } else if wanted != nil {
            throw .profileMissing(name: name, files: profiles.files)
        } else {
            looked.append("\(profiles.files.joined(separator: " and ")) (no profile \"default\")")
        }
        if let found = try await WebIdentity(surroundings).ofEnvironment() { return found }
        looked.append("web identity (AWS_WEB_IDENTITY_TOKEN_FILE is not set)")
        if let found = try await ContainerCredentials(surroundings).find() { return found }
        looked.append("the container (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set)")
        switch try await InstanceMetadata(surroundings).find() {
        case .found(let found): return found
        case .absent(let why): looked.append("the instance's metadata (\(why))")
        }
        throw .nothingFound(looked: looked)
    }

    private func environmentKeys() throws(CredentialError) -> Credentials? {
        guard let id = surroundings.variable("AWS_ACCESS_KEY_ID") else { return nil }
        guard let secret = surroundings.variable("AWS_SECRET_ACCESS_KEY") else {
            throw .incomplete(missing: "AWS_SECRET_ACCESS_KEY", place: "the environment, which has AWS_ACCESS_KEY_ID,")
        }
        let token = surroundings.variable("AWS_SESSION_TOKEN") ?? surroundings.variable("AWS_SECURITY_TOKEN")
        return Credentials(
            accessKeyID: id, secretAccessKey: secret, sessionToken: token, origin: "the environment")
    }
}
