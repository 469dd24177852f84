internal import Synchronization

/// Keys where there are some, none where there are none: for a server on this machine, which need not check them.
final class OptionalCredentials: CredentialProviding {
    private let base: CredentialCache
    private let now: @Sendable () -> Double
    /// Until then nobody looks for them again.
    private let absentUntil = Mutex(-Double.infinity)
    private static let pauseSeconds = 300.0

    init(_ base: CredentialCache, now: @escaping @Sendable () -> Double) {
        self.base = base
        self.now = now
    }

    /// For an endpoint that somebody set and that is this machine, keys need not be there; else they must.
    static func provider(
        _ base: CredentialCache, for settings: AWSSettings, now: @escaping @Sendable () -> Double
    ) -> any CredentialProviding {
        let isHere = settings.isEndpointSet && Endpoint.host(settings.endpoint).map { Endpoint.isLoopback($0) } ?? false
        return isHere ? OptionalCredentials(base, now: now) : base
    }

    func credentials() async throws(CredentialError) -> Credentials? {
        if absentUntil.withLock({ $0 }) > now() { return nil }
        do throws(CredentialError) {
            return try await base.found()
        } catch .nothingFound {
            // A search asks the instance's metadata, too, and waits where there are none.
            absentUntil.withLock { $0 = now() + Self.pauseSeconds }
            return nil
        }
    }

    func reject(_ credentials: Credentials) async { await base.reject(credentials) }
}
