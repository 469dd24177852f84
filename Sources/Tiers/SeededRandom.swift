/// SplitMix64 (Steele, Lea and Flood, 2014): randomness that a test can foresee.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= Self.step
        return Self.mixed(state)
    }

    /// The `index`-th draw of the generator with `seed`, without those before it.
    static func draw(_ index: UInt64, seed: UInt64) -> UInt64 { mixed(seed &+ (index &+ 1) &* step) }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
