import MemVec

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
        windows = stride(from: 0, to: windows.count - 1, by: 2).map { at in
            var window = windows[at]
            window.seconds = max(window.seconds, windows[at + 1].seconds)
            window.latencies.add(windows[at + 1].latencies)
            window.use.add(windows[at + 1].use)
            return window
        }
        width *= 2
    }

    var object: [JSONObject] {
        windows.map { window in
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
