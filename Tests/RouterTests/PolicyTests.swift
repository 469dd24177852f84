import Testing
import Vectors

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
    ] {
        #expect(throws: InputError.self) { try PolicyName(text) }
    }
    #expect(throws: InputError.self) { try PolicyName("threshold:1.5").policy(for: .cosine) }
    #expect(throws: InputError.self) { try PolicyName("threshold:-1").policy(for: .euclidean) }
    #expect(try PolicyName("threshold:0.5,best").policy(for: .cosine).name == "threshold:0.5,best")
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
