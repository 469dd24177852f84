import Foundation

/// Seeds and counts of random tests: `MEMVEC_SEED` repeats one seed, `MEMVEC_STEPS` sets the steps.
enum Seed {
    static func of(_ test: String) -> UInt64 {
        let seed = environment["MEMVEC_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0 ... .max)
        print("\(test): MEMVEC_SEED=\(seed)")
        return seed
    }

    static func steps(_ usual: Int) -> Int { environment["MEMVEC_STEPS"].flatMap { Int($0) } ?? usual }

    private static let environment = ProcessInfo.processInfo.environment
}

/// SplitMix64.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
