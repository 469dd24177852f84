/// How long cached bytes of a remote row are trusted after the remote confirmed them (`--cache-ttl`).
///
/// The residency entry has 16 bits for it: a tick of a 64th of the time to live, counted round. Tick 0 means "never
/// confirmed". A tick that is not renewed for 1,024 times the time to live would look young again; ``ResidencyTable``
/// is swept long before that.
struct TimeToLive: Sendable {
    static let ticksPerLife: UInt16 = 64
    /// Ticks after which the table is swept: a quarter of the round.
    static let ticksPerSweep = 16_384

    private let tickSeconds: Double

    init(_ life: Duration) {
        let seconds = Double(life.components.seconds) + Double(life.components.attoseconds) * 1e-18
        tickSeconds = max(1e-3, seconds / Double(Self.ticksPerLife))
    }

    /// Ticks since the clock's beginning.
    func ticks(at now: Duration) -> Int {
        let seconds = Double(now.components.seconds) + Double(now.components.attoseconds) * 1e-18
        return Int(seconds / tickSeconds)
    }

    /// 1...65,535, round and round.
    func tick(at now: Duration) -> UInt16 { UInt16(ticks(at: now) % 65_535 + 1) }

    static func isFresh(_ confirmed: UInt16, now: UInt16) -> Bool {
        confirmed != 0 && now &- confirmed < ticksPerLife
    }
}
