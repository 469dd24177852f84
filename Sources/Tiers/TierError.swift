public import Vectors

/// What went wrong in a tier. None of these fails a query: a tier that cannot serve counts as a miss.
public enum TierError: Error, Equatable, Sendable {
    /// No memory is left for a tier.
    case outOfMemory(what: String, byteCount: Int)
    /// Nothing was pinned.
    case pinQuotaExceeded(wanted: Int, pinned: Int, quota: Int)
    /// The row is neither in RAM nor was its vector given.
    case notAtHand(Row)
}

extension TierError: CustomStringConvertible {
    /// Stable, for tests and for the wire.
    public var code: String {
        switch self {
        case .outOfMemory: "out_of_memory"
        case .pinQuotaExceeded: "pin_quota_exceeded"
        case .notAtHand: "not_at_hand"
        }
    }

    public var description: String {
        switch self {
        case .outOfMemory(let what, let byteCount):
            "no memory for \(byteCount) bytes of \(what)"
        case .pinQuotaExceeded(let wanted, let pinned, let quota):
            "cannot pin \(wanted) more vectors: \(pinned) of at most \(quota) are pinned "
                + "(a share of the RAM budget); unpin some, or raise --ram-budget"
        case .notAtHand(let row):
            "\(row) has its vector in no local tier; fetch it first"
        }
    }
}
