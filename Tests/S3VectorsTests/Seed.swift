import Foundation

/// Seeds and counts of random tests: `MEMVEC_SEED` repeats one seed, `MEMVEC_STEPS` sets the steps.
enum Seed {
    private static let environment = ProcessInfo.processInfo.environment

    static var quick: [UInt64] { environment["MEMVEC_SEED"].flatMap { UInt64($0) }.map { [$0] } ?? [1, 2, 3] }
    static func steps(_ usual: Int) -> Int { environment["MEMVEC_STEPS"].flatMap { Int($0) } ?? usual }
}
