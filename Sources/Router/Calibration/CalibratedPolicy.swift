/// Fetches the candidates that may still matter, so that no more of the k nearest is lost than was promised.
///
/// For each missing candidate its chance to be among the k nearest follows from the index's estimate and the error of
/// its code (`ErrorModel`). Where the expected loss is within the risk level the cold store is left alone; else one
/// call fetches the likeliest. The level is set by audits (``Calibration``).
public struct CalibratedPolicy: ShortCircuitPolicy {
    /// What was drawn for the query.
    public let ticket: RiskTicket?

    /// The policy for one query.
    public init(_ ticket: RiskTicket) { self.ticket = ticket }

    public var name: String { "calibrated" }

    public func decide(_ situation: Situation) -> Decision {
        guard let ticket, let table = ticket.table else { return Decision(fetch: Array(situation.missing.indices)) }
        let outlook = Outlook(situation, table, dimension: ticket.calibration.dimension)
        let count = ticket.level == 0 ? outlook.order.count : outlook.fetchCount(at: ticket.level)
        return Decision(fetch: Array(outlook.order.prefix(count)), outlook: outlook)
    }
}
