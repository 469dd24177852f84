import Foundation
import Workload

/// Seeds of random tests: `MEMVEC_SEED` repeats one.
enum Seed {
    /// The seed of this run; a failed test names it.
    static let value = ProcessInfo.processInfo.environment["MEMVEC_SEED"].flatMap { UInt64($0) } ?? 20_261_126
    static func generator() -> SplitMix64 { SplitMix64(seed: value) }
}
