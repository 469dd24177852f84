import Testing
import Vectors
import Workload

@testable import Tiers

/// Bars B1 and B2 of the cache measurements: hit shares of S3-FIFO through the real RAM tier.
@Suite("Eviction: hit shares", .serialized)
struct EvictionBarTests {
    struct Bar: Sendable, CustomTestStringConvertible {
        let trace: ObjectTrace
        /// Cache size as a share of the objects, and the hits in % that must be reached (tolerance included: 0.5).
        let full: [(share: Double, percent: Double)]
        /// The same for the reduced counts, from the same reference simulator, less 0.5.
        let reduced: [(share: Double, percent: Double)]
        var testDescription: String { trace.rawValue }
    }

    static let bars = [
        Bar(
            trace: .zipf, full: [(0.01, 58.0), (0.05, 71.3), (0.20, 83.0)],
            reduced: [(0.01, 45.0), (0.05, 62.7), (0.20, 78.1)]),
        Bar(
            trace: .drift, full: [(0.01, 54.2), (0.05, 67.9), (0.20, 80.5)],
            reduced: [(0.01, 41.5), (0.05, 59.2), (0.20, 75.2)]),
        Bar(
            trace: .abrupt, full: [(0.01, 57.5), (0.05, 69.7), (0.20, 79.5)],
            reduced: [(0.01, 44.3), (0.05, 59.8), (0.20, 72.0)]),
    ]

    @Test("S3-FIFO reaches the hit shares of the reference", arguments: bars)
    func s3fifo(bar: Bar) throws {
        let objects = Seed.isFull ? 100_000 : 5_000
        let count = Seed.isFull ? 2_000_000 : 60_000
        let requests = bar.trace.requests(objects: objects, count: count)
        for (share, percent) in Seed.isFull ? bar.full : bar.reduced {
            let reached = try hitPercent(requests, objects: objects, slots: Int(Double(objects) * share), .s3fifo)
            print("\(bar.trace) \(objects) objects, \(count) requests, cache \(share): \(reached) % (bar \(percent))")
            #expect(reached >= percent)
        }
    }

    /// Hits in % after the first quarter.
    private func hitPercent(
        _ requests: [UInt32], objects: Int, slots: Int, _ eviction: EvictionPolicyKind
    ) throws -> Double {
        let fixture = try RAMFixture(slots: slots, rows: objects, dimension: 1, eviction: eviction)
        var hits = 0
        for (time, row) in requests.enumerated() where fixture.use(row) && time >= requests.count / 4 { hits += 1 }
        fixture.tier.checkInvariants()
        return 100 * Double(hits) / Double(requests.count - requests.count / 4)
    }
}
