import MemVec
import Testing

@testable import Server

@Test("how well an index keeps its recall is shown until the index goes")
func calibrationMetrics() {
    let metrics = ServiceMetrics(), name = IndexName(bucket: "demo", index: "items")
    #expect(!metrics.text.contains("memvec_retained_recall"))
    var status = CalibrationStatus()
    (status.target, status.realisedRecall, status.auditKeys, status.auditDollars) = (0.99, 0.995, 1_200, 0.25)
    metrics.calibrations.note(status, of: name)
    func line(_ label: String, _ value: String) -> String { "\(label){bucket=\"demo\",index=\"items\"} \(value)" }
    #expect(metrics.text.contains(line("memvec_retained_recall", "0.995")))
    #expect(metrics.text.contains(line("memvec_retained_recall_target", "0.99")))
    #expect(metrics.text.contains(line("memvec_retained_recall_certified", "0.0")), "nothing is certain yet")
    #expect(metrics.text.contains(line("memvec_audit_keys", "1200.0")))
    status.certifiedRecall = 0.98
    metrics.calibrations.note(status, of: name)
    #expect(metrics.text.contains(line("memvec_retained_recall_certified", "0.98")))
    metrics.calibrations.forget(name)
    #expect(!metrics.text.contains("index=\"items\""))
}
