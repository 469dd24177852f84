import Synchronization
import Testing
import Vectors
import Workload

@testable import Router

private func situation(_ metric: Metric, present: [Float], missing: Int = 3) -> Situation {
    Situation(
        k: 2, metric: metric, present: present,
        missing: (0..<missing).map { .init(row: Row(UInt32($0)), squaredEstimate: Float($0)) })
}

@Test("a threshold skips the cold store only when the k-th, or the best, present row is near enough")
func threshold() throws {
    let kth = try PolicyName("threshold:0.9").policy(for: .cosine)
    #expect(kth.decide(situation(.cosine, present: [0.05, 0.0999])).fetch == [])
    #expect(kth.decide(situation(.cosine, present: [0.05, 0.11])).fetch == [0, 1, 2])
    #expect(kth.decide(situation(.cosine, present: [0.05])).fetch == [0, 1, 2])
    let best = try PolicyName("threshold:3,best").policy(for: .euclidean)
    #expect(best.decide(situation(.euclidean, present: [2.9, 50])).fetch == [])
    #expect(best.decide(situation(.euclidean, present: [3.1, 50])).fetch == [0, 1, 2])
    #expect(FetchAll().decide(situation(.euclidean, present: [0, 0])).fetch == [0, 1, 2])
}

@Test("a policy that is not understood, or a mark that the metric cannot have, is refused by name")
func policyNames() throws {
    for text in [
        "", "on", "threshold", "threshold:", "threshold:x", "threshold:nan", "threshold:1,worst", "threshold:1,best,",
        "qvcache:", "qvcache:x", "qvcache:-1", "qvcache:nan", "off:1", "calibrated:0.9",
    ] {
        #expect(throws: InputError.self) { try PolicyName(text) }
    }
    #expect(throws: InputError.self) { try PolicyName("threshold:1.5").policy(for: .cosine) }
    #expect(throws: InputError.self) { try PolicyName("threshold:-1").policy(for: .euclidean) }
    #expect(try PolicyName("threshold:0.5,best").policy(for: .cosine).name == "threshold:0.5,best")
}

@Test("QVCache's rule learns a mark for each region from what was missed, and hits where the present rows are as near")
func qvcache() throws {
    let regions = QVCacheRegions()
    let policy = try PolicyName("qvcache:0.1").policy(for: .euclidean, regions: regions)
    #expect(policy.name == "qvcache:0.1" && policy.ticket == nil)
    #expect(try PolicyName("qvcache").policy(for: .euclidean).name == "qvcache")
    // Two clouds in 20 dimensions, far from each other along the first axis and spread along the second.
    var random = SplitMix64(seed: 4)
    func query(_ side: Float) -> [Float] {
        (0..<20).map {
            $0 == 0 ? side + 0.01 * random.normal() : $0 == 1 ? 0.2 * random.normal() : 0.001 * random.normal()
        }
    }
    func decide(_ query: [Float], _ present: [Float]) -> [Int] {
        policy.decide(
            Situation(
                query: query, k: 2, metric: .euclidean, present: present,
                missing: [.init(row: Row(1), squaredEstimate: 1)])
        ).fetch
    }
    for number in 0..<QVCacheRegions.sampleCount {
        let query = query(number % 2 == 0 ? -1 : 1)
        #expect(decide(query, [0, 0]) == [0], "nothing is known before the axes are")
        policy.observe(query, k: 2, distances: [0.1, 0.2])
    }
    let near: [Float] = [-1] + [Float](repeating: 0, count: 19), far: [Float] = [1] + [Float](repeating: 0, count: 19)
    #expect(decide(near, [0, 0]) == [0], "a region that was never seen does not hit")
    policy.observe(near, k: 2, distances: [1, 2])
    #expect(decide(near, [1, 2.19]) == [] && decide(near, [1, 2.21]) == [0] && decide(near, [1]) == [0])
    #expect(decide(far, [0, 0]) == [0], "another region")
    policy.observe(near, k: 2, distances: [1, 4])
    // 0.9 * 4 + 0.1 * 2
    #expect(decide(near, [1, 1.1 * 3.79]) == [] && decide(near, [1, 1.1 * 3.81]) == [0])
    policy.observe(near, k: 2, distances: [1])
    #expect(decide(near, [1, 1.1 * 3.79]) == [], "an answer of fewer than k tells nothing")
}

@Test("QVCache's regions stand vectors as large as a collection takes")
func hugeQueries() {
    let regions = QVCacheRegions()
    var random = SplitMix64(seed: 6)
    for number in 0..<2 * QVCacheRegions.sampleCount {
        let scale: Float = number % 3 == 0 ? 1e30 : 1
        regions.learn(1, of: (0..<8).map { _ in scale * random.normal() }, k: 10)
    }
    regions.learn(2, of: [Float](repeating: -3e38, count: 8), k: 10)
    #expect(regions.mark(of: [Float](repeating: -3e38, count: 8), k: 10) != nil)
}

@Test("a day's budget is taken call by call, is whole again on the next day, and goes on after a restart")
func dailyBudget() {
    final class Day: Sendable {
        let number = Mutex(20_000)
    }
    let day = Day(), today = { @Sendable in day.number.withLock { $0 } }
    let spending = Spending(credit: 100, today: today)
    #expect(spending.leftToday == nil && spending.begin(1_000), "no budget, no bound")
    spending.resume(Spending.Sums(), dailyBudget: 1)
    #expect(spending.begin(0.6) && !spending.begin(0.5) && spending.begin(0.25))
    #expect(!spending.spendAhead(0.25) && spending.spendAhead(0.125))
    #expect(abs((spending.leftToday ?? 0) - 0.025) < 1e-9)
    let again = Spending(today: today)
    again.resume(spending.sums, dailyBudget: 1)
    #expect(!again.begin(0.1))
    again.noteFailedAttempt(3)
    #expect(again.leftToday == 0 && !again.begin(0.01))
    day.number.withLock { $0 += 1 }
    #expect(again.leftToday == 1 && again.begin(1) && !again.begin(0.01))
    let none = Spending(today: today)
    none.resume(Spending.Sums(), dailyBudget: 0)
    #expect(!none.begin(0.01) && none.begin(0))
}

@Test("the nearest of any order are those of a sort, ties to the smaller row")
func nearest() {
    var random = SystemRandomNumberGenerator()
    for limit in [1, 2, 7, 100] {
        let shown = (0..<300).map { (Float(Int.random(in: 0..<40, using: &random)), Row(UInt32($0))) }.shuffled()
        var nearest = Nearest(limit: limit)
        for (distance, row) in shown { nearest.insert(distance, row) }
        let wanted = shown.sorted { $0.0 == $1.0 ? $0.1 < $1.1 : $0.0 < $1.0 }.prefix(limit)
        #expect(nearest.sorted().map(\.row) == wanted.map(\.1))
        #expect(nearest.bound == (limit <= 300 ? wanted.last?.0 : .infinity))
    }
}
