import CoreMetrics
import Testing

@testable import Server

@Suite("metrics")
struct MetricsTests {
    @Test("each kind of swift-metrics is written as Prometheus reads it")
    func kinds() {
        let factory = PrometheusFactory(help: ["a_total": "What a is."], bounds: [0.5, 1])
        Counter(label: "a_total", dimensions: [("x", "1")], factory: factory).increment(by: 3)
        Counter(label: "a_total", dimensions: [("x", "\"\\\n")], factory: factory).increment()
        // A second handle is the same series.
        Counter(label: "a_total", dimensions: [("x", "1")], factory: factory).increment()
        FloatingPointCounter(label: "b_total", factory: factory).increment(by: 0.25)
        let meter = Meter(label: "c.d-e", factory: factory)
        meter.set(7)
        meter.decrement(by: 2.5)
        Recorder(label: "f", factory: factory).record(4)
        let timer = Timer(label: "g_seconds", dimensions: [("y", "z")], factory: factory)
        for milliseconds in [500, 501, 4000] { timer.recordMilliseconds(milliseconds) }
        let expected = """
            # HELP a_total What a is.
            # TYPE a_total counter
            a_total{x="1"} 4
            a_total{x="\\"\\\\\\n"} 1
            # TYPE b_total counter
            b_total 0.25
            # TYPE c_d_e gauge
            c_d_e 4.5
            # TYPE f gauge
            f 4.0
            # TYPE g_seconds histogram
            g_seconds_bucket{y="z",le="0.5"} 1
            g_seconds_bucket{y="z",le="1.0"} 2
            g_seconds_bucket{y="z",le="+Inf"} 3
            g_seconds_sum{y="z"} 5.001
            g_seconds_count{y="z"} 3

            """
        #expect(factory.text == expected)
        timer.destroy()
        #expect(!factory.text.contains("g_seconds"))
        // A name has one kind.
        Meter(label: "a_total", factory: factory).set(99)
        #expect(!factory.text.contains("99"))
    }

    @Test("queries are counted by tier and reason, requests by class of status, whatever is asked for")
    func service() async throws {
        let fixture = try await ServiceFixture.withIndex()
        try await fixture.put(#"{"key":"a","data":{"float32":[1,2]}},{"key":"b","data":{"float32":[1,3]}}"#)
            .expectFine()
        try await fixture.onItems("QueryVectors", #""topK":2,"queryVector":{"float32":[1,2]}"#).expectFine()
        _ = await fixture.onItems("QueryVectors", #""topK":0,"queryVector":{"float32":[1,2]}"#)
        for number in 0..<3 { _ = await fixture.service.call(Call(method: "POST", path: "/Label\(number)")) }
        let lines = await metrics(fixture).split(separator: "\n")
        for line in [
            #"memvec_requests_total{operation="QueryVectors",status="2xx"} 1"#,
            #"memvec_requests_total{operation="QueryVectors",status="4xx"} 1"#,
            #"memvec_requests_total{operation="unknown",status="4xx"} 3"#,
            #"memvec_request_seconds_count{operation="QueryVectors"} 2"#,
            #"memvec_hits_total{tier="warm"} 2"#, #"memvec_answers_total{reason="exact"} 1"#,
            #"memvec_answers_total{reason="short_circuit"} 0"#, "memvec_cold_dollars_total 0.0",
            #"memvec_queue_length{queue="requests"} 0.0"#,
        ] { #expect(lines.contains { $0 == line }, "\(line)") }
        #expect(!lines.contains { $0.contains("Label") })
        // Every family says what it is, once.
        let families = lines.filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
        #expect(Set(families).count == families.count)
        #expect(families.allSatisfy { family in lines.contains { $0.hasPrefix("# HELP \(family) ") } })
    }

    private func metrics(_ fixture: ServiceFixture) async -> String {
        let reply = await fixture.service.respond(to: Call(method: "GET", path: "/metrics"))
        return String(decoding: reply.body, as: UTF8.self)
    }
}
