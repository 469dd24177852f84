internal import Synchronization

/// Lets readers use memory without a lock while a writer replaces it: what is retired is freed only when no reader
/// that could have seen it is left (epoch-based reclamation; Fraser, "Practical lock-freedom", 2004, 5.2.3).
///
/// A reader runs inside ``pinned(_:)``. The closure is not async, so no epoch is ever held across an `await`.
/// A writer first unlinks the old object, so that no new reader can find it, and then calls ``retire(_:)``.
// Sendable is true because every stored property is an atomic, a mutex, or a pointer set once in init to atomics;
// @safe because the pins are indexed below their fixed count.
@safe public final class EpochGate: @unchecked Sendable {
    private static let readerLimit = 128

    /// One reader's epoch, 0 when free, alone on its cache line.
    private struct Pin: ~Copyable {
        let epoch = Atomic<UInt64>(0)
        let padding: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0)
    }

    private struct Retired {
        let epoch: UInt64
        let free: @Sendable () -> Void
    }

    private let current = Atomic<UInt64>(1)
    private let pins: UnsafeMutablePointer<Pin>
    private let limbo = Mutex<[Retired]>([])
    private let nextHint = Atomic<Int>(0)

    public init() {
        unsafe pins = .allocate(capacity: Self.readerLimit)
        for i in 0..<Self.readerLimit { unsafe (pins + i).initialize(to: Pin()) }
    }

    deinit {
        // No reader can be left: each holds a reference to the gate's owner while it is pinned.
        for retired in limbo.withLock({ $0 }) { retired.free() }
        unsafe pins.deinitialize(count: Self.readerLimit)
        unsafe pins.deallocate()
    }

    /// Runs `body` while nothing that it can see is freed. Wait-free unless 128 readers are pinned at once.
    public func pinned<R: ~Copyable, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        let index = claim()
        defer { unsafe pins[index].epoch.store(0, ordering: .releasing) }
        return try body()
    }

    /// Has `free` run when no reader that is pinned now is pinned any more. The object must be unlinked already.
    public func retire(_ free: @escaping @Sendable () -> Void) {
        // A full fence between the unlinking before and the reading of pins in `collect`: a reader whose pin is not
        // seen there has loaded the new state.
        let epoch = current.wrappingAdd(1, ordering: .sequentiallyConsistent).oldValue
        limbo.withLock { $0.append(Retired(epoch: epoch, free: free)) }
        collect()
    }

    /// Frees what can be freed. Called by ``retire(_:)``; call it also when idle.
    public func collect() {
        var oldest = UInt64.max
        for i in 0..<Self.readerLimit {
            let epoch = unsafe pins[i].epoch.load(ordering: .sequentiallyConsistent)
            if epoch != 0 { oldest = min(oldest, epoch) }
        }
        let free = limbo.withLock { limbo in
            let split = limbo.firstIndex { $0.epoch >= oldest } ?? limbo.endIndex
            defer { limbo.removeFirst(split) }
            return Array(limbo[..<split])
        }
        for retired in free { retired.free() }
    }

    /// How many retired objects wait for readers.
    public var pendingCount: Int { limbo.withLock { $0.count } }

    private func claim() -> Int {
        var index = nextHint.wrappingAdd(1, ordering: .relaxed).newValue & (Self.readerLimit - 1)
        while true {
            let epoch = current.load(ordering: .sequentiallyConsistent)
            let (claimed, _) = unsafe pins[index].epoch.compareExchange(
                expected: 0, desired: epoch, ordering: .sequentiallyConsistent)
            if claimed { return index }
            index = (index + 1) & (Self.readerLimit - 1)
        }
    }
}
