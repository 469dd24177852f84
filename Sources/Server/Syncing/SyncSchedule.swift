package import MemVec

/// How often indexes in front of a remote are compared with it, and who hears of it.
package struct SyncSchedule: Sendable {
    /// From the start of one round to that of the next, at most: a round takes up to a tenth off it by chance, so that
    /// many servers do not list at once. A round that takes longer is followed by the next at once.
    package var interval: Duration
    package var tell: @Sendable (SyncEvent) -> Void

    package init(interval: Duration, tell: @escaping @Sendable (SyncEvent) -> Void) {
        self.interval = interval
        self.tell = tell
    }
}

/// What the comparison of one index with its remote came to.
package struct SyncEvent: Sendable {
    package let name: IndexName
    package let result: Result<SyncReport, any Error>
}
