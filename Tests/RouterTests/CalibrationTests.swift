import Foundation
import Index
import Testing
import Vectors
import Workload

@testable import Router

/// Candidates whose true distances follow the model with a normal Z, and what is at hand of them.
private struct World {
    static let dimension = 32
    var random: SplitMix64
    let k = 10

    struct Query {
        var estimates: [Float] = []
        var errors: [UInt8] = []
        var distances: [Float] = []
        var isPresent: [Bool] = []
    }

    /// - Parameter hits: chance that a candidate is at hand.
    mutating func query(candidates: Int = 200, hits: Double) -> Query {
        var query = Query()
        for rank in 0..<candidates {
            let estimate = 400 + 8 * Float(rank) + 5 * Float(random.unit())
            let byte = UInt8(170 + random.below(20)), error = ErrorModel.errors[Int(byte)]
            let spread = 2 * (error / Float(Self.dimension) * max(estimate, error)).squareRoot()
            query.estimates.append(estimate)
            query.errors.append(byte)
            query.distances.append(estimate + error + spread * random.normal())
            query.isPresent.append(random.unit() < hits)
        }
        return query
    }

    func sheet(_ query: Query, depth: Int) -> AuditSheet {
        var sheet = AuditSheet(k: k, metric: .euclidean, depth: depth)
        for at in query.estimates.indices {
            sheet.note(
                .init(row: Row(UInt32(at)), estimate: query.estimates[at]),
                query.isPresent[at] ? query.distances[at].squareRoot() : nil, codeError: query.errors[at])
        }
        return sheet
    }

    func depth(_ query: Query, _ ticket: RiskTicket) -> Int {
        ticket.depth(
            of: query.estimates.enumerated().map { .init(row: Row(UInt32($0)), estimate: $1) }, k: k)
    }

    func situation(_ query: Query, depth: Int = .max) -> Situation {
        let all = query.estimates.indices.prefix(depth)
        return Situation(
            k: k, metric: .euclidean,
            present: all.filter { query.isPresent[$0] }.map { query.distances[$0].squareRoot() }.sorted(),
            missing: all.filter { !query.isPresent[$0] }.map {
                .init(row: Row(UInt32($0)), squaredEstimate: query.estimates[$0], codeError: query.errors[$0])
            })
    }

    func finding(_ query: Query, _ decision: Decision, depth: Int) -> AuditFinding {
        var sheet = sheet(query, depth: depth)
        sheet.outlook = decision.outlook
        sheet.decidedCount = decision.fetch.count
        for at in query.estimates.indices where !query.isPresent[at] {
            sheet.setDistance(query.distances[at].squareRoot(), of: Row(UInt32(at)))
        }
        return sheet.finding(extraKeys: 0, dollars: 0, measuresAll: true)
    }

    /// The chance of each missing candidate, and whether it is among the k nearest.
    func outcomes(_ query: Query, _ outlook: Outlook) -> [(chance: Float, isNear: Bool)] {
        let all = query.estimates.indices, missing = all.filter { !query.isPresent[$0] }
        let nearest = Set(all.sorted { query.distances[$0] < query.distances[$1] }.prefix(k))
        return zip(outlook.order, outlook.chances).map { ($1, nearest.contains(missing[$0])) }
    }

    /// Answers `count` queries as a router would, and gives the mean loss of the last half.
    mutating func run(_ calibration: Calibration, _ count: Int, hits: Double) -> (loss: Double, local: Double) {
        var loss = 0.0, local = 0.0
        for number in 0..<count {
            let query = query(hits: hits)
            guard
                let ticket = calibration.ticket(k: k, isFiltered: false, nprobe: 16, training: 1, mayAudit: true)
            else { break }
            let depth = depth(query, ticket)
            let decision = CalibratedPolicy(ticket).decide(situation(query, depth: depth))
            let finding = finding(query, decision, depth: depth)
            if ticket.isAudit { calibration.note(finding, ticket) }
            guard number >= count / 2 else { continue }
            loss += finding.loss
            local += decision.fetch.isEmpty ? 1 : 0
        }
        return (loss / Double(count / 2), local / Double(count / 2))
    }
}

@Suite("Calibrated routing")
struct CalibrationTests {
    @Test("what was foretold comes as often as it was foretold, in every decile")
    func chances() {
        var world = World(random: SplitMix64(seed: 3))
        let calibration = Calibration(dimension: World.dimension, target: 0.99, seed: 1)
        _ = world.run(calibration, 500, hits: 0.5)
        var foretold = [Double](repeating: 0, count: 10), came = foretold, counts = foretold
        for _ in 0..<1_500 {
            let query = world.query(hits: 0.5)
            guard let ticket = calibration.ticket(k: 10, isFiltered: false, nprobe: 16, training: 1, mayAudit: false)
            else { return #expect(Bool(false), "no ticket") }
            guard let outlook = CalibratedPolicy(ticket).decide(world.situation(query)).outlook else { continue }
            for (chance, isNear) in world.outcomes(query, outlook) {
                let decile = min(9, Int(chance * 10))
                foretold[decile] += Double(chance)
                came[decile] += isNear ? 1 : 0
                counts[decile] += 1
            }
        }
        #expect(counts.allSatisfy { $0 >= 250 })
        for decile in 0..<10 {
            let error = abs(foretold[decile] - came[decile]) / counts[decile]
            #expect(
                error <= 0.05,
                "decile \(decile): \(foretold[decile] / counts[decile]) foretold, \(came[decile] / counts[decile]) came"
            )
        }
    }

    @Test("the promise is kept and the store is spared, at every target", arguments: [0.9, 0.95, 0.99])
    func control(target: Double) {
        for seed in 1...2 {
            var world = World(random: SplitMix64(seed: UInt64(seed)))
            let calibration = Calibration(dimension: World.dimension, target: target, seed: UInt64(seed))
            let before = calibration.status
            #expect(before.isCalibrating && before.missingAudits > 0)
            let (loss, local) = world.run(calibration, 5_000, hits: 0.9)
            #expect(loss <= 1 - target, "seed \(seed): lost \(loss)")
            #expect(local > 0.02, "seed \(seed): \(local) without the store")
            let status = calibration.status
            #expect(!status.isCalibrating && status.level > 0 && status.auditCount > 50)
            #expect(abs(status.realisedRecall - (1 - loss)) < 0.02)
        }
    }

    @Test("what is fetched at a larger level is part of what is fetched at a smaller one")
    func nested() {
        var world = World(random: SplitMix64(seed: 5))
        let calibration = Calibration(dimension: World.dimension, target: 0.95, seed: 1)
        _ = world.run(calibration, 300, hits: 0.5)
        for round in 0..<300 {
            let query = world.query(candidates: 20 + round, hits: Double(round % 10) / 10)
            guard let ticket = calibration.ticket(k: 10, isFiltered: false, nprobe: 16, training: 1, mayAudit: false),
                let outlook = CalibratedPolicy(ticket).decide(world.situation(query)).outlook
            else { return #expect(Bool(false), "no outlook") }
            #expect(Set(outlook.order).count == outlook.order.count)
            #expect(zip(outlook.chances, outlook.chances.dropFirst()).allSatisfy { $0 >= $1 })
            let counts = RiskLevels.values.map { outlook.fetchCount(at: $0) }
            #expect(zip(counts, counts.dropFirst()).allSatisfy { $0 >= $1 }, "\(counts)")
            let isWhole = query.isPresent.count { $0 } >= 10
            #expect((outlook.fetchCount(at: 1) == 0) == (isWhole || outlook.order.isEmpty))
        }
    }

    @Test("queries that allow more loss say nothing of the promise, and stricter ones do not fill the window")
    func otherPromises() {
        var world = World(random: SplitMix64(seed: 14))
        let calibration = Calibration(dimension: World.dimension, target: 0.99, seed: 3)
        _ = world.run(calibration, 4_000, hits: 0.9)
        let before = calibration.status
        var audits = 0
        for recall in [0.5, 0.9999] {
            for _ in 0..<2_000 {
                guard
                    let ticket = calibration.ticket(
                        k: 10, isFiltered: false, nprobe: 16, retainedRecall: recall, training: 1, mayAudit: true)
                else { return #expect(Bool(false), "no ticket") }
                #expect(!ticket.isFirst)
                guard ticket.isAudit else { continue }
                audits += 1
                let query = world.query(hits: 0.9), depth = world.depth(query, ticket)
                let decision = CalibratedPolicy(ticket).decide(world.situation(query, depth: depth))
                calibration.note(world.finding(query, decision, depth: depth), ticket)
            }
        }
        #expect(audits > 20 && audits < 400, "\(audits)")
        let after = calibration.status
        #expect(after.auditCount == before.auditCount && after.realisedRecall == before.realisedRecall)
        #expect(after.certifiedRecall == before.certifiedRecall)
    }

    @Test("where answers fetch many keys, a tenth as many go into audits")
    func dearAnswers() {
        var world = World(random: SplitMix64(seed: 16))
        let calibration = Calibration(dimension: World.dimension, target: 0.9, seed: 5)
        _ = world.run(calibration, 1_000, hits: 0.9)
        /// Share of the queries that are audited, where audits fetch 100 keys and answers `keyCount`.
        func rate(_ keyCount: Int) -> Double {
            var audits = 0
            for number in 0..<8_000 {
                guard
                    let ticket = calibration.ticket(k: 10, isFiltered: false, nprobe: 16, training: 1, mayAudit: true)
                else { return -1 }
                calibration.note(expectedLoss: 0, keyCount: keyCount, ticket)
                guard ticket.isAudit else { continue }
                var finding = AuditFinding()
                finding.extraKeys = 100
                calibration.note(finding, ticket)
                if number >= 4_000 { audits += 1 }
            }
            return Double(audits) / 4_000
        }
        #expect(abs(rate(5) - 0.018) < 0.006)
        #expect(abs(rate(60) - 0.06) < 0.012)
        #expect(abs(rate(500) - 0.1) < 0.015, "no more than a tenth of the queries")
    }

    @Test("audits of an earlier training are not counted")
    func otherTraining() {
        var world = World(random: SplitMix64(seed: 15))
        let calibration = Calibration(dimension: World.dimension, target: 0.9, seed: 4)
        _ = world.run(calibration, 2_000, hits: 0.9)
        guard let old = calibration.ticket(k: 10, isFiltered: false, nprobe: 16, training: 1, mayAudit: true),
            let new = calibration.ticket(k: 10, isFiltered: false, nprobe: 16, training: 2, mayAudit: true)
        else { return #expect(Bool(false), "no ticket") }
        #expect(new.isFirst && new.table == nil)
        let missing = calibration.status.missingAudits
        for _ in 0..<200 {
            let query = world.query(hits: 0.9)
            calibration.note(world.finding(query, Decision(fetch: []), depth: 200), old)
        }
        #expect(calibration.status.missingAudits == missing)
        let again = calibration.ticket(k: 10, isFiltered: false, nprobe: 16, training: 2, mayAudit: true)
        #expect(again?.table == nil)
    }

    @Test("fewer candidates are looked at, as many as a plain count of the chances says, and what lies behind is lost")
    func depth() {
        var world = World(random: SplitMix64(seed: 12))
        let calibration = Calibration(dimension: World.dimension, target: 0.99, seed: 1)
        guard let first = calibration.ticket(k: 10, isFiltered: false, nprobe: 16, training: 1, mayAudit: true) else {
            return #expect(Bool(false), "no ticket")
        }
        #expect(world.depth(world.query(hits: 1), first) == 200, "nothing is known yet")
        _ = world.run(calibration, 3_000, hits: 0.9)
        guard let ticket = calibration.ticket(k: 10, isFiltered: false, nprobe: 16, training: 1, mayAudit: false),
            let table = ticket.table
        else { return #expect(Bool(false), "no table") }
        var unseen = 0, shallow = 0
        for _ in 0..<500 {
            let query = world.query(hits: 1), depth = world.depth(query, ticket)
            let plain = Self.plainDepth(query.estimates, table, share: 0.02 * 0.01)
            #expect(abs(depth - max(50, plain)) <= 1, "\(depth), a plain count says \(plain)")
            unseen += query.distances.indices.sorted { query.distances[$0] < query.distances[$1] }.prefix(10)
                .count { $0 >= depth }
            shallow += depth < 200 ? 1 : 0
        }
        #expect(shallow > 400 && unseen <= 5, "\(shallow) of 500 stop early, \(unseen) of 5,000 rows lie behind")

        var sheet = AuditSheet(k: 1, metric: .euclidean, depth: 1)
        sheet.note(.init(row: Row(0), estimate: 1), 3, codeError: 0)
        sheet.note(.init(row: Row(1), estimate: 2), 2, codeError: 0)
        let finding = sheet.finding(extraKeys: 0, dollars: 0, measuresAll: true)
        #expect(finding.loss == 1 && finding.curve == LossCurve { _ in 1 })
    }

    private static func plainDepth(_ estimates: [Float], _ table: ChanceTable, share: Double) -> Int {
        func chance(_ distance: Double, _ estimate: Float) -> Double {
            let error = Double(table.meanError), estimate = Double(estimate)
            let spread = 2 * (error / Double(World.dimension) * max(estimate, error)).squareRoot()
            let bin = ((distance - estimate - error) / spread + 10) * 100
            return bin <= 0 ? 0 : bin >= 2_000 ? 1 : Double(table.shares[Int(bin)])
        }
        var low = 0.0, high = 1e6
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if estimates.prefix(40).reduce(0, { $0 + chance(middle, $1) }) >= 10 { high = middle } else { low = middle }
        }
        var rest = 0.0
        for at in estimates.indices.reversed() {
            rest += chance(high, estimates[at])
            if rest > share * 10 { return at + 1 }
        }
        return 0
    }

    /// One row in ten is lost, or none, so that the mean is `mean`.
    private func losses(_ mean: Double, _ count: Int, _ random: inout SplitMix64) -> [Double] {
        (0..<count).map { _ in random.unit() < mean * 10 ? 0.1 : 0 }
    }

    private func audits(until mark: Double, _ losses: [Double]) -> Int? {
        var certificate = Certificate(mark: mark), sums = LossSums()
        for (at, loss) in losses.enumerated() {
            certificate.note(loss, after: sums)
            sums.note(loss)
            if certificate.isReached { return at + 1 }
        }
        return nil
    }

    @Test("a certificate is wrong in at most 7 of 100 runs at the limit, and comes within 900 audits at half of it")
    func certificates() {
        var random = SplitMix64(seed: 17)
        let wrong = (0..<200).count { _ in audits(until: 0.01, losses(0.01, 20_000, &random)) != nil }
        #expect(wrong <= 14, "\(wrong) of 200 are wrong")
        let needed = (0..<200).map { _ in audits(until: 0.01, losses(0.005, 5_000, &random)) ?? .max }.sorted()
        #expect(needed[180] <= 900, "nine of ten within \(needed[180])")
        var certificate = Certificate(mark: 0.01)
        let missing = certificate.missingCount(after: LossSums()) ?? 0
        #expect((300...700).contains(missing))
        certificate.note(0, after: LossSums())
        #expect((certificate.missingCount(after: LossSums()) ?? .max) < missing)
        let hopeless = LossSums(count: 1_000, sum: 20, squares: 2)
        #expect(certificate.missingCount(after: hopeless) == nil)
    }

    @Test("traffic that has turned lowers the level and takes back what was certified")
    func turned() {
        var world = World(random: SplitMix64(seed: 8))
        let calibration = Calibration(dimension: World.dimension, target: 0.9, seed: 1)
        _ = world.run(calibration, 4_000, hits: 0.9)
        let calm = calibration.status
        #expect(calm.certifiedRecall != nil)
        guard let ticket = calibration.ticket(k: 10, isFiltered: false, nprobe: 16, training: 1, mayAudit: false) else {
            return #expect(Bool(false), "no ticket")
        }
        var finding = AuditFinding()
        finding.curve = LossCurve { $0 > 0 ? 0.3 : 0 }
        finding.loss = 0.3
        for _ in 0..<100 { calibration.note(finding, ticket) }
        let turned = calibration.status
        #expect(turned.certifiedRecall == nil && turned.level < calm.level)
    }

    @Test("it is saved and loaded for the same training; another one, or bytes of any kind, begin anew")
    func saved() throws {
        let path = NSTemporaryDirectory() + "/calibration-\(UUID())"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var world = World(random: SplitMix64(seed: 9))
        let calibration = Calibration(dimension: World.dimension, target: 0.95, seed: 1)
        _ = world.run(calibration, 3_000, hits: 0.8)
        try calibration.save(to: path)
        let again = Calibration(dimension: World.dimension, target: 0.95, seed: 1)
        again.load(from: path, training: 1)
        #expect(again.status == calibration.status)
        let other = Calibration(dimension: World.dimension, target: 0.95, seed: 1)
        other.load(from: path, training: 2)
        #expect(other.status.isCalibrating && other.status.auditCount == 0)
        // A training voids what is in memory, too.
        _ = again.ticket(k: 10, isFiltered: false, nprobe: 16, training: 2, mayAudit: true)
        #expect(again.status.auditCount == 0)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        var random = SplitMix64(seed: 10)
        for _ in 0..<60 {
            var damaged = bytes
            for _ in 0..<4 { damaged[random.below(damaged.count)] = UInt8(random.below(256)) }
            if random.below(4) == 0 { damaged.removeLast(random.below(damaged.count)) }
            try Data(damaged).write(to: URL(filePath: path))
            Calibration(dimension: World.dimension, target: 0.95, seed: 1).load(from: path, training: 1)
        }
    }

    @Test("fewer than k candidates, none missing, none present, and exact codes are decided without harm")
    func edges() {
        let calibration = Calibration(dimension: World.dimension, target: 0.9, seed: 1)
        var world = World(random: SplitMix64(seed: 11))
        _ = world.run(calibration, 500, hits: 0.5)
        guard let ticket = calibration.ticket(k: 10, isFiltered: false, nprobe: 16, training: 1, mayAudit: false) else {
            return #expect(Bool(false), "no ticket")
        }
        let policy = CalibratedPolicy(ticket)
        for (present, missing) in [(0, 0), (0, 1), (9, 1), (10, 1), (0, 300), (500, 500), (3, 4)] {
            let situation = Situation(
                k: 10, metric: .cosine, present: (0..<present).map { 0.001 * Float($0) },
                missing: (0..<missing).map { .init(row: Row(UInt32($0)), squaredEstimate: 0.002 * Float($0)) })
            let decision = policy.decide(situation)
            #expect(Set(decision.fetch).count == decision.fetch.count)
            if present + missing <= 10 {
                #expect(decision.outlook?.chances == [Float](repeating: 1, count: missing), "all of them are answered")
            }
        }
        #expect(calibration.ticket(k: 101, isFiltered: false, nprobe: 16, training: 1, mayAudit: true) == nil)
    }
}
