internal import Synchronization

/// Lets one training run at a time.
final class TrainingGuard: Sendable {
    private let isRunning = Atomic<Bool>(false)

    /// False when one is under way.
    func begin() -> Bool { !isRunning.exchange(true, ordering: .sequentiallyConsistent) }
    func end() { isRunning.store(false, ordering: .sequentiallyConsistent) }
    var isUnderWay: Bool { isRunning.load(ordering: .relaxed) }
}
