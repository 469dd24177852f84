/// Keeps what a chain found until it is about to expire, and has it looked for once, however many ask.
///
/// Keys are renewed in the background while they are still good: from five minutes before they expire, or the last
/// quarter of their life if that is shorter. Within the last fifth of that time callers wait for the new ones; if
/// those cannot be had, the old ones serve until they expire.
package actor CredentialCache: CredentialProviding {
    private let find: @Sendable () async throws(CredentialError) -> Credentials
    private let now: @Sendable () -> Double
    private var current: (credentials: Credentials, foundAt: Double)?
    private var search: Task<Result<Credentials, CredentialError>, Never>?
    /// The last search failed then, so; for a second nobody searches again.
    private var failure: (error: CredentialError, at: Double)?

    private static let renewalSeconds = 300.0
    private static let pauseSeconds = 1.0

    package init(
        now: @escaping @Sendable () -> Double, find: @escaping @Sendable () async throws(CredentialError) -> Credentials
    ) {
        self.now = now
        self.find = find
    }

    package init(_ chain: CredentialChain) {
        self.init(now: chain.surroundings.now) { () async throws(CredentialError) in try await chain.find() }
    }

    package func credentials() async throws(CredentialError) -> Credentials? { try await found() }

    func found() async throws(CredentialError) -> Credentials {
        guard let current else { return try await searched() }
        guard let expiration = current.credentials.expiration else { return current.credentials }
        let left = expiration - now()
        let ahead = min(Self.renewalSeconds, max(0, expiration - current.foundAt) / 4)
        if left > ahead { return current.credentials }
        if left > ahead / 5 {
            if search == nil, !hasJustFailed { begin() }
            return current.credentials
        }
        do throws(CredentialError) {
            return try await searched()
        } catch {
            if expiration > now() { return current.credentials }
            throw error
        }
    }

    package func reject(_ credentials: Credentials) {
        if current?.credentials == credentials { current = nil }
    }

    private var hasJustFailed: Bool { failure.map { now() - $0.at < Self.pauseSeconds } ?? false }

    private func searched() async throws(CredentialError) -> Credentials {
        if search == nil, let failure, hasJustFailed { throw failure.error }
        return try await (search ?? begin()).value.get()
    }

    @discardableResult private func begin() -> Task<Result<Credentials, CredentialError>, Never> {
        // Not the caller's task: others wait for the same keys, and its end must not end their wait.
        let task = Task { () -> Result<Credentials, CredentialError> in
            let result: Result<Credentials, CredentialError>
            do throws(CredentialError) {
                result = .success(try await find())
            } catch {
                result = .failure(error)
            }
            ended(result)
            return result
        }
        search = task
        return task
    }

    private func ended(_ result: Result<Credentials, CredentialError>) {
        search = nil
        switch result {
        case .success(let credentials):
            current = (credentials, now())
            failure = nil
        case .failure(let error): failure = (error, now())
        }
    }
}
