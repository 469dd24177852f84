import Histogram
import Vectors

/// How long queries took: counts in buckets within 0.1 % of the time (HDR), however many there are.
struct LatencyHistogram: Sendable {
    private var counts: Histogram<UInt64>

    /// - Parameter isCoarse: within 1 %, in an eighth of the memory.
    init(isCoarse: Bool = false) { counts = Histogram(numberOfSignificantValueDigits: isCoarse ? .two : .three) }

    mutating func record(nanoseconds: UInt64) { _ = counts.record(max(1, nanoseconds)) }

    mutating func add(_ other: LatencyHistogram) { counts.add(other.counts) }

    var count: Int { Int(counts.totalCount) }

    /// In milliseconds: the time that this share of the queries did not exceed; 0 without queries.
    func percentile(_ share: Double) -> Double {
        count == 0 ? 0 : Double(counts.valueAtPercentile(100 * share)) / 1e6
    }

    var meanMilliseconds: Double { count == 0 ? 0 : counts.mean / 1e6 }
    var maxMilliseconds: Double { count == 0 ? 0 : Double(counts.max) / 1e6 }

    var text: String {
        let parts = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)].map { name, share in
            "\(name) \(NumberText.fixed(percentile(share), 3))"
        }
        return parts.joined(separator: ", ") + " ms"
    }

    func add(to object: inout JSONObject) {
        for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999)] {
            object["\(name)Milliseconds"] = percentile(share)
        }
        object["maxMilliseconds"] = maxMilliseconds
        object["meanMilliseconds"] = meanMilliseconds
    }

    /// Each bucket that holds something: the longest time that falls into it, in nanoseconds, and how many did.
    var buckets: [[Int]] { counts.recordedValues().map { [Int($0.value), Int($0.count)] } }
}
