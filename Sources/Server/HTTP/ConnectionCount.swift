internal import Glibc
internal import HummingbirdCore

/// Counts open connections, and lets no more be taken than the limit.
struct ConnectionCount: AvailableConnectionsDelegate {
    /// Descriptors for files of collections and what else is open.
    private static let otherDescriptors = 512

    let limit: Int
    let metrics: ServiceMetrics
    private var count = 0

    /// - Parameter limit: fewer where the process may not have so many descriptors, which is raised as far as it goes:
    ///   connections must leave some for the collections.
    init(limit: Int, metrics: ServiceMetrics) {
        var allowed = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &allowed) == 0 {
            allowed.rlim_cur = allowed.rlim_max
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &allowed)
            let descriptorCount = Int(clamping: allowed.rlim_cur)
            self.limit = max(1, min(limit, descriptorCount - min(Self.otherDescriptors, descriptorCount / 2)))
        } else {
            self.limit = limit
        }
        self.metrics = metrics
    }

    mutating func connectionOpened() {
        count += 1
        metrics.connectionOpened()
    }

    mutating func connectionClosed() {
        count -= 1
        metrics.connectionClosed()
    }

    func isAcceptingNewConnections() -> Bool { count < limit }
}
