/// An endless stream of operations on the keys of one writer of several: keys that no other writer touches.
public struct KeyedOperations: Sendable {
    private var random: SplitMix64
    private let writer: Int
    private let writerCount: Int
    private let keyCount: Int
    private let largestBatch: Int
    private var version: Int

    /// - Parameters:
    ///   - keyCount: keys of all writers together.
    ///   - firstVersion: versions count up from here; must be above all that the collection has seen.
    public init(
        seed: UInt64, writer: Int, writerCount: Int, keyCount: Int, largestBatch: Int = 100, firstVersion: Int
    ) {
        random = SplitMix64(seed: seed &* 31 &+ UInt64(truncatingIfNeeded: writer))
        self.writer = writer
        self.writerCount = writerCount
        self.keyCount = keyCount
        self.largestBatch = largestBatch
        version = firstVersion
    }

    public mutating func next() -> KeyedOperation {
        version += 1
        switch random.below(10) {
        case 0...5:
            return .put(keys(1 + random.below(largestBatch)).map { KeyedVersion(key: $0, version: version) })
        case 6...7:
            return .delete(keys(1 + random.below(max(1, largestBatch / 4))))
        default:
            return .metadata(KeyedVersion(key: key(), version: version))
        }
    }

    private mutating func key() -> Int { random.below(keyCount / writerCount) * writerCount + writer }

    private mutating func keys(_ count: Int) -> [Int] {
        var out: Set<Int> = []
        for _ in 0..<count { out.insert(key()) }
        return out.sorted()
    }
}
