/// What the user's two files say, joined.
struct Profiles {
    /// A profile's settings by the file that has them: where both have keys, those of the credentials file count.
    struct Profile {
        let name: String
        let config: [String: String]
        let credentials: [String: String]

        /// Of either file.
        subscript(setting: String) -> String? {
            let value = credentials[setting] ?? config[setting]
            return value?.isEmpty == true ? nil : value
        }

        var place: String { "profile \"\(name)\"" }
    }

    /// The paths that were looked at.
    let files: [String]
    private let config: [String: [String: String]]
    private let credentials: [String: [String: String]]

    init(_ surroundings: Surroundings) throws(CredentialError) {
        let paths = [
            surroundings.variable("AWS_CONFIG_FILE") ?? "~/.aws/config",
            surroundings.variable("AWS_SHARED_CREDENTIALS_FILE") ?? "~/.aws/credentials",
        ].map { surroundings.expanded($0) }
        files = paths
        config = try Self.read(paths[0], surroundings)
        credentials = try Self.read(paths[1], surroundings)
    }

    private static func read(
        _ path: String, _ surroundings: Surroundings
    ) throws(CredentialError) -> [String: [String: String]] {
        guard let bytes = try surroundings.readFile(path) else { return [:] }
        return try ConfigText(String(decoding: bytes, as: UTF8.self), path: path).sections
    }

    /// Nil when neither file has it.
    func profile(_ name: String) -> Profile? {
        // The config file also takes [default] with "profile" before it, and lets that count.
        let inConfig = section("profile", name) ?? (name == "default" ? config["default"] : nil)
        let inCredentials = credentials[name]
        guard inConfig != nil || inCredentials != nil else { return nil }
        return Profile(name: name, config: inConfig ?? [:], credentials: inCredentials ?? [:])
    }

    /// `[kind name]` of the config file; the name may stand in quotes.
    func section(_ kind: String, _ name: String) -> [String: String]? {
        for (title, settings) in config {
            let parts = title.split(maxSplits: 1, whereSeparator: { $0 == " " || $0 == "\t" })
            guard parts.count == 2, parts[0] == kind else { continue }
            var found = parts[1].drop { $0 == " " || $0 == "\t" }
            if found.count >= 2, let quote = found.first, quote == "\"" || quote == "'", found.last == quote {
                found = found.dropFirst().dropLast()
            }
            if found == name { return settings }
        }
        return nil
    }
}
