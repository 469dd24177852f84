import Foundation

/// Seeds and counts of random tests: `MEMVEC_SEED` repeats one seed, `MEMVEC_STEPS` sets the steps, `MEMVEC_FULL=1`
/// runs every count that a bar names.
enum Seed {
    private static let environment = ProcessInfo.processInfo.environment

    static var quick: [UInt64] { environment["MEMVEC_SEED"].flatMap { UInt64($0) }.map { [$0] } ?? [1, 2, 3] }
    /// - Parameter most: where one step is dear, so that a run over everything stays within minutes. Under a sanitizer,
    ///   where a step takes ten times as long, such tests keep their usual length.
    static func steps(_ usual: Int, most: Int? = nil) -> Int {
        let wanted = environment["MEMVEC_STEPS"].flatMap { Int($0) } ?? usual
        guard let most else { return wanted }
        return environment["MEMVEC_SANITIZER"] == nil ? min(most, wanted) : min(usual, wanted)
    }
    static var isFull: Bool { environment["MEMVEC_FULL"] == "1" }
}
