/// Keys that sign requests. Never printed: its description names the public half only.
package struct Credentials: Sendable, Equatable {
    package var accessKeyID: String
    package var secretAccessKey: String
    /// Of temporary keys.
    package var sessionToken: String?
    /// Seconds since 1970; nil: they do not expire.
    package var expiration: Double?
    /// Where they come from, for messages: "the environment", "profile dev".
    package var origin: String

    package init(
        accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil, expiration: Double? = nil,
        origin: String
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
        self.origin = origin
    }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { "\(accessKeyID) from \(origin)" }
    package var debugDescription: String { description }
}

extension Credentials: CustomReflectable {
    // What a failed expectation or a dump would otherwise show.
    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

/// Gives the keys of the moment.
package protocol CredentialProviding: Sendable {
    /// - Throws: ``CredentialError`` when there are none, or they cannot be renewed.
    /// Nil for requests that are not signed.
    func credentials() async throws(CredentialError) -> Credentials?
    /// The service says that `credentials` are no longer good: they are renewed before they are given again.
    func reject(_ credentials: Credentials) async
}

/// Keys that are given once and for all.
package struct FixedCredentials: CredentialProviding {
    private let value: Credentials

    package init(_ value: Credentials) { self.value = value }

    package func credentials() async throws(CredentialError) -> Credentials? { value }
    package func reject(_ credentials: Credentials) async {}
}
