/// Whether a read may change what the tiers keep.
public enum ReadMode: Sendable {
    case normal
    /// For scans, batch jobs and audits: fills nothing and counts nothing.
    case undisturbing
}

/// Where a row's vector was found.
public enum TierPlace: UInt8, Sendable {
    case missing = 0
    case ram = 1
    /// A row block, or the tail of the store that is not folded into one yet.
    case block = 2
}

/// What a lookup found, in the order of the rows it was asked for. Made once and used for many lookups: its memory is
/// kept.
public struct TierLookup: Sendable {
    /// Exact distances; infinity where the vector is missing.
    public internal(set) var distances: [Float] = []
    var foundIn: [UInt8] = []
    public internal(set) var missingCount = 0

    public init() {}

    public var count: Int { distances.count }
    public func place(at index: Int) -> TierPlace { TierPlace(rawValue: foundIn[index]) ?? .missing }

    mutating func prepare(_ count: Int) {
        distances.removeAll(keepingCapacity: true)
        foundIn.removeAll(keepingCapacity: true)
        distances.append(contentsOf: repeatElement(.infinity, count: count))
        foundIn.append(contentsOf: repeatElement(TierPlace.missing.rawValue, count: count))
        missingCount = count
    }
}
