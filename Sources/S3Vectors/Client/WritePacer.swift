internal import Synchronization

/// Keeps writes to an index below what it takes: 2,500 vectors and 1,000 requests a second, by a token bucket each. It
/// is paced rather than retried: writers that exceed the rate together fail together.
///
/// What the service still refuses (another process may write, too) lowers the rate of that index to seven tenths; each
/// write that goes through raises it by a hundredth of the full rate.
package final class WritePacer: Sendable {
    package struct Settings: Sendable {
        package var vectorsPerSecond = 2_500.0
        package var requestsPerSecond = 1_000.0
        /// What may go at once after a rest.
        package var burst = Duration.milliseconds(200)
        package var leastShare = 0.05

        package init() {}
    }

    /// Of one index. The times are those at which all tokens that have been given away will have been earned.
    private struct Lane {
        var vectorsDue = Duration.seconds(-3600)
        var requestsDue = Duration.seconds(-3600)
        var share = 1.0
        var loweredAt = Duration.seconds(-3600)
    }

    private let settings: Settings
    private let lanes = Mutex<[String: Lane]>([:])

    package init(_ settings: Settings = Settings()) { self.settings = settings }

    /// Takes the tokens of one request with `count` vectors or keys; how long to wait before it is sent.
    func reserve(_ index: String, count: Int, now: Duration) -> Duration {
        lanes.withLock { lanes in
            var lane = lanes[index] ?? Lane()
            let earliest = now - settings.burst
            let vectorSeconds = Double(count) / (settings.vectorsPerSecond * lane.share)
            lane.vectorsDue = max(lane.vectorsDue, earliest) + .seconds(vectorSeconds)
            lane.requestsDue = max(lane.requestsDue, earliest) + .seconds(1 / (settings.requestsPerSecond * lane.share))
            lanes[index] = lane
            return max(.zero, max(lane.vectorsDue, lane.requestsDue) - now)
        }
    }

    /// The service refused a write for its rate. Refusals of requests that were under way together count once.
    func refused(_ index: String, now: Duration) {
        lanes.withLock { lanes in
            var lane = lanes[index] ?? Lane()
            guard now - lane.loweredAt >= .milliseconds(500) else { return }
            lane.loweredAt = now
            lane.share = max(settings.leastShare, lane.share * 0.7)
            lanes[index] = lane
        }
    }

    func accepted(_ index: String) {
        lanes.withLock { lanes in
            guard let share = lanes[index]?.share, share < 1 else { return }
            lanes[index]?.share = min(1, share + 0.01)
        }
    }

    /// The part of the full rate at which an index is written now.
    package func share(of index: String) -> Double { lanes.withLock { $0[index]?.share ?? 1 } }
}
