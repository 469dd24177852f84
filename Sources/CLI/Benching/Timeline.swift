import MemVec
import Vectors

/// How latency and hits went over a cell, in windows of as many answers each.
///
/// There are at most 64: as more come, two become one.
struct Timeline: Sendable {
    static let windowLimit = 64

    struct Window: Sendable {
        /// Seconds from the cell's begin to the last answer.
        fileprivate(set) var seconds = 0.0
        fileprivate(set) var latencies = LatencyHistogram(isCoarse: true)
        fileprivate(set) var use = TierUse()

        fileprivate func joined(with next: Window) -> Window {
            var window = self
            window.seconds = max(seconds, next.seconds)
            window.latencies.add(next.latencies)
            window.use.add(next.use)
            return window
        }
    }

    private(set) var windows: [Window] = []
    private var width = 16

    mutating func add(_ answer: Answer, latency: UInt64, at nanoseconds: UInt64) {
        if windows.last.map({ $0.use.queries >= width }) ?? true {
            if windows.count == Self.windowLimit { merge() }
            windows.append(Window())
        }
        let last = windows.count - 1
        windows[last].seconds = max(windows[last].seconds, Double(nanoseconds) / 1e9)
        windows[last].latencies.record(nanoseconds: latency)
        windows[last].use.add(answer)
    }

    private mutating func merge() {
        windows = stride(from: 0, to: windows.count - 1, by: 2).map { windows[$0].joined(with: windows[$0 + 1]) }
        width *= 2
    }

    /// A last window that is not half full is a part of the one before: a few queries are no trend.
    var whole: [Window] {
        guard windows.count > 1, let last = windows.last, last.use.queries < width / 2 else { return windows }
        return windows.dropLast(2) + [windows[windows.count - 2].joined(with: last)]
    }

    var object: [JSONObject] {
        whole.map { window in
            [
                "seconds": window.seconds, "queries": window.use.queries,
                "p50Milliseconds": window.latencies.percentile(0.5),
                "p99Milliseconds": window.latencies.percentile(0.99),
                "withoutCold": window.use.localShare, "ram": window.use.hitShare(.ram),
                "warm": window.use.hitShare(.warm), "cold": window.use.hitShare(.cold),
            ]
        }
    }
}
