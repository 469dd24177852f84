internal import Index

/// What was settled of a query before anything was known of it: the risk level at which it is decided, and whether it
/// is audited.
public struct RiskTicket: Sendable {
    let calibration: Calibration
    /// Of the index that the query looks through.
    let training: UInt32
    let traffic: TrafficClass
    /// Nil while too few distances were measured.
    let table: ChanceTable?
    /// Expected loss up to which the cold store is left alone; 0 while there are too few audits.
    let level: Float
    /// Share of the k nearest that may be lost on average.
    let allowed: Double
    /// Whether it was drawn while every query is an audit.
    let isFirst: Bool
    /// Whether all candidates are to be measured, if need be after the answer.
    public let isAudit: Bool

    /// Whether missing candidates are all fetched for want of audits.
    public var isCalibrating: Bool { table == nil || level == 0 }

    /// Share of what may be lost that may lie behind the candidates that are looked at.
    private static let unseen = 0.02
    /// So many are looked at in any case: what comes out near fills tiers, and a call has room.
    private static func leastDepth(_ k: Int) -> Int { max(2 * k, 50) }

    /// How many of the candidates, by estimate, the query looks at. An audited one looks at all, and counts what lies
    /// behind these as lost.
    func depth(of candidates: [Candidate], k: Int) -> Int {
        let least = min(Self.leastDepth(k), candidates.count)
        guard let table, level > 0, least < candidates.count else { return candidates.count }
        return max(
            least,
            table.depth(of: candidates, k: k, dimension: calibration.dimension, share: Self.unseen * allowed))
    }
}
