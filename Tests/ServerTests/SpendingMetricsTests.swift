import MemVec
import Testing

@testable import Server

@Test("of indexes that are not there any more no gauge is left, and one that comes again begins anew")
func indexGauges() {
    let factory = PrometheusFactory(help: [:], bounds: [])
    let gauges = IndexGauges([.init("a", .gauge, ""), .init("b_total", .counter, ""), .init("c", .gauge, "")], factory)
    let names = (1...3).map { IndexName(bucket: "demo", index: "i\($0)") }
    for (number, name) in names.enumerated() { gauges.set([Double(number), 7], of: name) }
    #expect(factory.text.contains("a{bucket=\"demo\",index=\"i2\"} 1.0"))
    #expect(factory.text.contains("c{bucket=\"demo\",index=\"i2\"} 7.0") && !factory.text.contains("b_total{"))
    gauges.forget { $0 != names[1] }
    #expect(!factory.text.contains("i1") && factory.text.contains("i2") && !factory.text.contains("i3"))
    gauges.set([5, 6], of: names[0])
    #expect(factory.text.contains("a{bucket=\"demo\",index=\"i1\"} 5.0"))
}

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
