import MemVec
import Testing

@testable import Server

@Test("what an index has cost is shown until the index goes, and of that index alone")
func spendingMetrics() {
    let metrics = ServiceMetrics(), name = IndexName(bucket: "demo", index: "items")
    let other = IndexName(bucket: "demo", index: "others")
    #expect(!metrics.text.contains("memvec_online_dollars"))
    var sums = Spending.Sums()
    (sums.onlineDollars, sums.aloneDollars, sums.bulkDollars) = (0.5, 2, 0.25)
    metrics.spendings.note(sums, of: name)
    sums.onlineDollars = 0.75
    metrics.spendings.note(sums, of: other)
    func line(_ label: String, _ index: String, _ value: String) -> String {
        "\(label){bucket=\"demo\",index=\"\(index)\"} \(value)"
    }
    #expect(metrics.text.contains(line("memvec_online_dollars", "items", "0.5")))
    #expect(metrics.text.contains(line("memvec_online_dollars", "others", "0.75")))
    #expect(metrics.text.contains(line("memvec_alone_dollars", "items", "2.0")))
    #expect(metrics.text.contains(line("memvec_bulk_dollars", "items", "0.25")))
    metrics.spendings.forget(name)
    #expect(!metrics.text.contains("index=\"items\""))
    #expect(metrics.text.contains(line("memvec_online_dollars", "others", "0.75")))
}
