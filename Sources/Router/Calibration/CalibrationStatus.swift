internal import Synchronization

/// What a collection's router promises, and how well it keeps it: of the class of traffic with the most audits.
public struct CalibrationStatus: Sendable, Equatable {
    /// Retained recall that is promised: the share of what a fetch of all candidates would have answered.
    public var target = 0.0
    /// Audits that are missing until fewer than all candidates are fetched, if none of them shows a loss; 0 when it is
    /// so. Then the router is calibrated.
    public var missingAudits = 0
    /// Expected loss up to which the cold store is left alone, on average: it is drawn for each query from two.
    public var level = 0.0
    /// Audits since it is calibrated, or since the traffic has turned.
    public var auditCount = 0
    /// Mean retained recall of these; 1 before there are any.
    public var realisedRecall = 1.0
    /// The best of `AuditRecord`'s marks that is certain at 95 %, at whatever time one looks; nil where none is.
    public var certifiedRecall: Double?
    /// Audits without loss that are missing until the target is certified; 0 when it is, nil where no number of them
    /// would do after the losses so far.
    public var missingForCertificate: Int?
    /// Keys that were fetched, and US dollars that were spent, for audits alone.
    public var auditKeys = 0
    /// US dollars that were spent for audits alone.
    public var auditDollars = 0.0

    /// Before the first audit.
    public init() {}

    /// Whether audits are missing still, so that all candidates are fetched.
    public var isCalibrating: Bool { missingAudits > 0 }
}

extension Calibration {
    /// Of now.
    public var status: CalibrationStatus {
        state.withLock { state in
            var out = CalibrationStatus()
            out.target = target
            let allowed = 1 - target
            let record =
                state.records.values.max {
                    ($0.window.entries.count, $0.losses.count) < ($1.window.entries.count, $1.losses.count)
                } ?? AuditRecord(allowed: allowed)
            out.missingAudits = record.missingCount(allowed: allowed)
            if state.table == nil { out.missingAudits = max(1, out.missingAudits) }
            out.level = record.level(allowed: allowed)?.mean ?? 0
            out.auditCount = Int(record.losses.count)
            if record.losses.count > 0 { out.realisedRecall = 1 - record.losses.sum / record.losses.count }
            out.certifiedRecall = record.certificates.filter(\.isReached).map { 1 - $0.mark }.max()
            out.missingForCertificate =
                record.certificates.first { abs($0.mark - allowed) < 1e-9 }?.missingCount(after: record.losses)
            out.auditKeys = state.records.values.reduce(0) { $0 + $1.extraKeys }
            out.auditDollars = state.records.values.reduce(0) { $0 + $1.dollars }
            return out
        }
    }
}
