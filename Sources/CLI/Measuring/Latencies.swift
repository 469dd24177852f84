/// How long queries took, in milliseconds.
struct Latencies {
    private var sorted: [Double]

    init(milliseconds: [Double]) { sorted = milliseconds.sorted() }

    /// The smallest time that at least this share of the queries did not exceed; 0 without queries.
    func percentile(_ share: Double) -> Double {
        guard !sorted.isEmpty else { return 0 }
        let rank = Int((share * Double(sorted.count)).rounded(.up))
        return sorted[min(sorted.count, max(1, rank)) - 1]
    }

    var mean: Double { sorted.isEmpty ? 0 : sorted.reduce(0, +) / Double(sorted.count) }

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
        object["meanMilliseconds"] = mean
    }
}
