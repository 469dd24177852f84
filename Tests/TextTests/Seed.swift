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
