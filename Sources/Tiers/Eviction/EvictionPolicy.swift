public import Vectors

/// Which slot of the RAM tier is given up next.
///
/// A policy knows slots, all of one size, and the row that each holds; it knows neither vectors nor pins. The tier
/// calls everything but ``touch(_:)`` under its own lock, one call at a time.
///
/// Contract:
/// * ``insert(_:row:)``: the policy does not hold the slot before and holds it afterwards.
/// * ``evict()``: the policy holds at least the returned slot before, and does not hold it afterwards; nil if and
///   only if it holds none.
/// * ``remove(_:)``: the policy holds the slot before and does not hold it afterwards. A pinned slot is one that was
///   removed, so a policy never meets a pin.
/// * ``touch(_:)``: any thread at any time, concurrently with all of the above, also for a slot that is not held (the
///   touch is lost then, or counts for the next row in the slot). It neither blocks nor allocates.
public protocol EvictionPolicy: AnyObject, Sendable {
    /// - Parameter capacity: the number of slots; slot numbers are below it. At least 1.
    init(capacity: Int)

    func touch(_ slot: SlotIndex)
    func insert(_ slot: SlotIndex, row: Row)
    func evict() -> SlotIndex?
    func remove(_ slot: SlotIndex)

    /// How many slots are held.
    var count: Int { get }
    /// The bytes it keeps beside the slab.
    var byteCount: Int { get }
    /// Its queues as text, next victims last, each slot as `row:uses`. For tests and for people.
    func dump() -> String
    /// Traps when the queues contradict each other. For tests.
    func checkInvariants()
}

/// The name of a policy, as `--eviction` takes it.
public enum EvictionPolicyKind: String, Sendable, Codable, CaseIterable {
    case s3fifo, lru, lfu, sieve, hybrid

    public func make(capacity: Int) -> any EvictionPolicy {
        switch self {
        case .s3fifo: S3FIFO(capacity: capacity)
        case .lru: LRU(capacity: capacity)
        case .lfu: LFU(capacity: capacity)
        case .sieve: SIEVE(capacity: capacity)
        case .hybrid: Hybrid(capacity: capacity)
        }
    }
}
