import Foundation

/// Seeds and counts of random tests: `MEMVEC_SEED` repeats one seed, `MEMVEC_STEPS` sets the steps.
enum Seed {
    private static let environment = ProcessInfo.processInfo.environment

    static var quick: [UInt64] { environment["MEMVEC_SEED"].flatMap { UInt64($0) }.map { [$0] } ?? [1, 2, 3] }
    /// - Parameter most: where one step is dear, so that a run over everything stays within minutes.
    static func steps(_ usual: Int, most: Int? = nil) -> Int {
        let wanted = environment["MEMVEC_STEPS"].flatMap { Int($0) } ?? usual
        guard let most else { return wanted }
        return environment["MEMVEC_SANITIZER"] == nil ? min(most, wanted) : min(usual, wanted)
    }
}

/// SplitMix64, so that a seed names the same run everywhere.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
}
