internal import Vectors

/// The credentials that a profile leads to.
struct ProfileCredentials {
    let surroundings: Surroundings
    let profiles: Profiles

    init(_ surroundings: Surroundings, _ profiles: Profiles) {
        self.surroundings = surroundings
        self.profiles = profiles
    }

    /// Nil when the profile says nothing of credentials.
    /// - Parameter path: the profiles that led here, to find circles.
    func find(_ profile: Profiles.Profile, path: [String] = []) async throws(CredentialError) -> Credentials? {
        if profile["login_session"] != nil {
            throw .unsupported(
                setting: "login_session", place: profile.place,
                instead: "use `aws sso login` with an sso_session, or credential_process")
        }
        if let role = profile["role_arn"], path.last != profile.name {
            return try await assumed(role, profile, path)
        }
        if profile["sso_start_url"] != nil || profile["sso_session"] != nil {
            return try await SSOCredentials(surroundings, profiles).find(profile)
        }
        if let found = try keys(profile.credentials, profile) { return found }
        if let command = profile["credential_process"] { return try await ofProcess(command, profile) }
        return try keys(profile.config, profile)
    }

    private func keys(
        _ settings: [String: String], _ profile: Profiles.Profile
    ) throws(CredentialError) -> Credentials? {
        guard let id = settings["aws_access_key_id"], !id.isEmpty else { return nil }
        guard let secret = settings["aws_secret_access_key"], !secret.isEmpty else {
            throw .incomplete(missing: "aws_secret_access_key", place: profile.place)
        }
        let token = settings["aws_session_token"] ?? settings["aws_security_token"]
        return Credentials(
            accessKeyID: id, secretAccessKey: secret, sessionToken: token?.isEmpty == true ? nil : token,
            origin: profile.place)
    }

    private func assumed(
        _ role: String, _ profile: Profiles.Profile, _ path: [String]
    ) async throws(CredentialError) -> Credentials {
        let sts = SecurityTokenService(surroundings, profiles, profile)
        if let file = profile["web_identity_token_file"] {
            return try await WebIdentity(surroundings).assume(
                role, session: profile["role_session_name"], tokenFile: file, sts)
        }
        if profile["mfa_serial"] != nil {
            throw .unsupported(
                setting: "mfa_serial", place: profile.place,
                instead: "there is nobody to ask for a code; get a session (`aws sts get-session-token`) or use "
                    + "credential_process")
        }
        var duration: Int?
        if let text = profile["duration_seconds"] {
            guard let seconds = Int(text), (900...43_200).contains(seconds) else {
                throw .malformed(place: profile.place, what: "duration_seconds is \"\(text)\", not 900 to 43200")
            }
            duration = seconds
        }
        let source = try await sourceCredentials(profile, path)
        return try await sts.assume(
            role, session: profile["role_session_name"], externalID: profile["external_id"], seconds: duration,
            by: source)
    }

    private func sourceCredentials(
        _ profile: Profiles.Profile, _ path: [String]
    ) async throws(CredentialError) -> Credentials {
        switch (profile["source_profile"], profile["credential_source"]) {
        case (nil, nil):
            throw .incomplete(missing: "source_profile or credential_source", place: profile.place)
        case (_?, _?):
            throw .malformed(place: profile.place, what: "it has both source_profile and credential_source")
        case (let name?, nil):
            guard let source = profiles.profile(name) else {
                throw .profileMissing(name: name, files: profiles.files)
            }
            // A profile may be its own source: its keys assume its role.
            if name != profile.name, path.contains(name) { throw .roleLoop(profiles: path + [profile.name, name]) }
            guard let found = try await find(source, path: path + [profile.name]) else {
                throw .incomplete(missing: "credentials", place: "\(source.place), the source of \(profile.place),")
            }
            return found
        case (nil, let place?): return try await credentials(of: place, profile)
        }
    }

    private func credentials(
        of place: String, _ profile: Profiles.Profile
    ) async throws(CredentialError) -> Credentials {
        switch place.lowercased() {
        case "environment":
            guard let id = surroundings.variable("AWS_ACCESS_KEY_ID"),
                let secret = surroundings.variable("AWS_SECRET_ACCESS_KEY")
            else { throw .incomplete(missing: "AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY", place: "the environment") }
            return Credentials(
                accessKeyID: id, secretAccessKey: secret, sessionToken: surroundings.variable("AWS_SESSION_TOKEN"),
                origin: "the environment")
        case "ecscontainer":
            if let found = try await ContainerCredentials(surroundings).find() { return found }
            throw .incomplete(missing: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", place: "the environment")
        case "ec2instancemetadata":
            switch try await InstanceMetadata(surroundings).find() {
            case .found(let found): return found
            case .absent(let why):
                throw .incomplete(
                    missing: "credentials of the instance (\(why)), which credential_source asks for",
                    place: profile.place)
            }
        default:
            throw .unsupported(
                setting: "credential_source \(place)", place: profile.place,
                instead: "Environment, Ec2InstanceMetadata or EcsContainer")
        }
    }

    private func ofProcess(
        _ command: String, _ profile: Profiles.Profile
    ) async throws(CredentialError) -> Credentials {
        guard let arguments = ShellWords.split(command), !arguments.isEmpty else {
            throw .malformed(place: profile.place, what: "credential_process lacks a closing quote")
        }
        let output = try await surroundings.runProcess(arguments)
        let by = "credential_process \"\(arguments[0])\""
        let answer = try CredentialAnswer(output, by: by)
        guard answer.json["Version"]?.double == 1 else {
            throw .strangeAnswer(by: by, what: "Version is not 1")
        }
        return try answer.credentials(.process, origin: "\(profile.place)'s credential_process")
    }
}
