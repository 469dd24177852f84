internal import Glibc

/// The generator behind every seeded workload: 64 bits of state, one step a draw (Steele, Lea and Flood,
/// "Fast splittable pseudorandom number generators", 2014).
///
/// Chosen because a few lines in any language repeat it bit for bit: a number measured here can be measured elsewhere.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    public private(set) var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A double in 0..<1, from the top 53 bits of one draw.
    public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A whole number in 0..<bound, by remainder: biased by less than bound / 2^64.
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "no number is below \(bound)")
        return Int(next() % UInt64(bound))
    }

    /// One value of N(0, 1) by Box and Muller: two draws, the cosine half, rounded to float32.
    public mutating func normal() -> Float {
        let first = unit()
        let second = unit()
        return Float((-2 * log(1 - first)).squareRoot() * cos(2 * Double.pi * second))
    }

    /// The generator as it is after so many calls of ``normal()``: each step adds the same to the state.
    func skipping(normals count: Int) -> SplitMix64 {
        SplitMix64(seed: state &+ 2 &* UInt64(count) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// 0..<count in random order (Fisher and Yates, from the end).
    public mutating func permutation(_ count: Int) -> [UInt32] {
        var out = (0..<count).map { UInt32($0) }
        var i = count - 1
        while i > 0 {
            out.swapAt(i, below(i + 1))
            i -= 1
        }
        return out
    }
}
