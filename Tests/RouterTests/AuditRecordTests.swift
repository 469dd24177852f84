import Testing
import Workload

@testable import Router

@Suite("What a class of traffic remembers of its audits")
struct AuditRecordTests {
    @Test("a window follows its last curves alone, and gives no level before there are enough")
    func window() {
        var window = RiskWindow(length: 100)
        #expect(window.level(allowed: 0.05, aim: 0.05) == nil && window.missingCount(allowed: 0.05, aim: 0.05) == 19)
        for _ in 0..<19 { window.note(.none) }
        #expect(window.level(allowed: 0.05, aim: 0.05) == RiskLevel(lower: 0.5))
        #expect(window.missingCount(allowed: 0.05, aim: 0.05) == 0)
        // Above a level of 0.1 all is lost.
        let lossy = LossCurve { $0 > 0.1 ? 1 : 0 }
        for _ in 0..<100 { window.note(lossy) }
        // Of 101 losses five may be had, one of them is the next query's: four of a hundred may be lost.
        guard let level = window.level(allowed: 0.05, aim: 0.05) else { return #expect(Bool(false), "no level") }
        #expect(level.lower > 0.08 && level.lower <= 0.1 && level.upper > 0.1 && level.upper < 0.12)
        #expect(abs(level.share - 0.0405) < 1e-3)
        var random = SplitMix64(seed: 6)
        let high = (0..<20_000).count { _ in level.drawn(&random) == level.upper }
        #expect(abs(Double(high) / 20_000 - level.share) < 0.005)
        #expect(window.entries.count == 100 && window.entries.allSatisfy { $0.curve == lossy })
        for _ in 0..<100 { window.note(.none) }
        #expect(window.level(allowed: 0.05, aim: 0.05) == RiskLevel(lower: 0.5))
    }

    @Test("while first audits stand for later ones the level is braked to what is expected to be allowed")
    func brake() {
        var record = AuditRecord(allowed: 0.01), finding = AuditFinding()
        finding.curve = LossCurve.none
        for _ in 0..<500 { record.note(.none, finding, isFirst: true, isPromised: false) }
        #expect(record.level(allowed: 0.01) == RiskLevel(lower: 0.5))
        var random = SplitMix64(seed: 9), losses: [Double] = []
        for _ in 0..<3_000 {
            // A third of the queries lose something, up to the level.
            let level = record.level(allowed: 0.01)?.mean ?? 0
            losses.append(random.unit() < 1 / 3 ? level * random.unit() : 0)
            record.note(expectedLoss: losses[losses.count - 1], allowed: 0.01)
        }
        let mean = losses.suffix(2_000).reduce(0, +) / 2_000
        #expect(abs(mean - 0.01) < 0.001, "\(mean)")
        for _ in 0..<1_000 { record.note(expectedLoss: 0, allowed: 0.01) }
        #expect(record.brake == 1)
        for _ in 0..<200 { record.note(expectedLoss: 0.5, allowed: 0.01) }
        #expect(record.brake < 0.02 && record.brake > 0)
        for _ in 0..<1_100 { record.note(.none, finding, isFirst: false, isPromised: true) }
        record.note(expectedLoss: 0.5, allowed: 0.01)
        #expect(record.level(allowed: 0.01) == RiskLevel(lower: 0.5))
    }

    @Test("audits drawn while all was fetched make place before a window is full, and only for later ones")
    func firstAudits() {
        var window = RiskWindow(length: 100)
        for _ in 0..<60 { window.note(.none, isFirst: true) }
        let lossy = LossCurve { $0 > 0.1 ? 1 : 0 }
        for _ in 0..<40 { window.note(lossy) }
        #expect(window.entries.count == 60 && window.entries.count(where: \.isFirst) == 20)
        let again = RiskWindow(length: 100, entries: window.entries)
        #expect(again.entries == window.entries)
        #expect(again.level(allowed: 0.05, aim: 0.05) == window.level(allowed: 0.05, aim: 0.05))
        for _ in 0..<100 { window.note(lossy) }
        #expect(window.entries.count == 100 && !window.entries.contains(where: \.isFirst))
    }

    @Test("an expected loss counts as much as audits have lost of what was expected of them")
    func modelBias() {
        var bias = ModelBias()
        #expect(bias.factor == 1)
        for _ in 0..<5 { bias.note(lost: 0, expected: 0.01, limit: 1_000) }
        #expect(bias.factor > 0.95, "few audits change little")
        for _ in 0..<900 { bias.note(lost: 0.002, expected: 0.01, limit: 1_000) }
        #expect(bias.factor > 0.25 && bias.factor < 0.3)
        for _ in 0..<4_000 { bias.note(lost: 0.02, expected: 0.01, limit: 1_000) }
        #expect(bias.factor == 1, "never more than was expected")
        var record = AuditRecord(allowed: 0.01), finding = AuditFinding()
        finding.curve = LossCurve.none
        finding.expected = LossCurve { Double($0) / 10 }
        for _ in 0..<500 { record.note(.none, finding, isFirst: true, isPromised: false) }
        // Of an expectation of three times what is allowed, in a world that loses none of it, the level is not braked.
        for _ in 0..<500 { record.note(expectedLoss: 0.03, allowed: 0.01) }
        #expect(record.brake == 1)
    }

    @Test("a promise of almost everything can be calibrated, with as many audits as the status says")
    func strictest() {
        let allowed = 0.0001
        var record = AuditRecord(allowed: allowed), finding = AuditFinding(), count = 0
        finding.curve = LossCurve.none
        let missing = record.missingCount(allowed: allowed)
        while record.level(allowed: allowed) == nil, count < 100_000 {
            record.note(.none, finding, isFirst: true, isPromised: false)
            count += 1
        }
        #expect(count == missing && count < 20_000, "\(count) of \(missing)")
    }
}
