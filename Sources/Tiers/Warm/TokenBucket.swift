/// How much may be written by now: so many bytes a second, with a burst of at most `burst` seconds' worth.
struct TokenBucket {
    /// Nil: no limit.
    let bytesPerSecond: Double?
    private let burstBytes: Double
    private var tokens: Double
    private var filledAt: Duration

    /// - Parameter leastBurst: the bucket holds at least this many bytes, or a block larger than a second's worth could
    ///   never be written.
    init(bytesPerSecond: Int?, leastBurst: Int, now: Duration) {
        self.bytesPerSecond = bytesPerSecond.map { Double(max(0, $0)) }
        burstBytes = max(Double(leastBurst), Double(bytesPerSecond ?? 0))
        tokens = burstBytes
        filledAt = now
    }

    /// Whole bytes that may be written now.
    mutating func available(now: Duration) -> Int {
        guard let bytesPerSecond else { return .max }
        let passed = now - filledAt
        let seconds = Double(passed.components.seconds) + Double(passed.components.attoseconds) * 1e-18
        tokens = min(burstBytes, tokens + max(0, seconds) * bytesPerSecond)
        filledAt = now
        return Int(max(0, tokens))
    }

    mutating func spend(_ byteCount: Int) { tokens -= Double(byteCount) }
}
