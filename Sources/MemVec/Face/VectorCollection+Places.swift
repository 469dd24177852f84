internal import Storage
internal import Tiers
public import Vectors

/// Where vectors are at hand.
public struct PlaceCounts: Sendable, Equatable {
    /// Vectors that lie in RAM.
    public var ramCount = 0
    /// On the SSD: the warm tier of a remote collection, the store of a local one.
    public var warmCount = 0

    /// None.
    public init() {}
}

extension VectorCollection {
    /// How many of the keys' vectors lie in RAM and on the SSD. One vector may be in both; keys that are not there
    /// count nowhere.
    public func places(of keys: [VectorKey]) throws -> PlaceCounts {
        let engine = try engine()
        let rows = try engine.store.read { reader in try keys.compactMap { try reader.row(of: $0) } }
        var counts = PlaceCounts()
        for row in rows {
            if engine.tiers.isInRAM(row) { counts.ramCount += 1 }
            if engine.cold == nil || engine.tiers.isWarm(row) { counts.warmCount += 1 }
        }
        return counts
    }
}
