/// What was settled of a query before anything was known of it: the risk level at which it is decided, and whether it
/// is audited.
public struct RiskTicket: Sendable {
    let calibration: Calibration
    let traffic: TrafficClass
    /// Nil while too few distances were measured.
    let table: ChanceTable?
    /// Expected loss up to which the cold store is left alone; 0 while there are too few audits.
    let level: Float
    /// Share of the k nearest that may be lost on average.
    let allowed: Double
    /// Whether all candidates are to be measured, if need be after the answer.
    public let isAudit: Bool

    /// Whether missing candidates are all fetched for want of audits.
    public var isCalibrating: Bool { table == nil || level == 0 }
}
