import CKernels
import Testing
import Workload

/// Chances by the definition, in double, with a bisection that goes on to the end.
private func plainChances(
    _ shares: [Float], present: [Float], estimates: [Float], errors: [Float], k: Int, dimension: Float
) -> [Double] {
    guard present.count + estimates.count > k else { return estimates.map { _ in 1 } }
    func chance(_ distance: Double, _ at: Int) -> Double {
        let e = Double(estimates[at]), b = Double(errors[at])
        let z = (distance - e - b) / (2 * (b / Double(dimension) * max(e, b)).squareRoot() + 1e-20)
        return z <= -10 ? 0 : z >= 10 ? 1 : Double(shares[min(1999, Int((z + 10) * 100))])
    }
    func within(_ distance: Double) -> Double {
        Double(present.count { Double($0) <= distance }) + estimates.indices.reduce(0) { $0 + chance(distance, $1) }
    }
    var low = 0.0, high = present.count >= k ? Double(present[k - 1]) : 1e6
    for _ in 0..<60 {
        let middle = (low + high) / 2
        if within(middle) >= Double(k) { high = middle } else { low = middle }
    }
    return estimates.indices.map { chance(high, $0) }
}

@Test("chances are those of the definition, the likeliest first")
func chances() {
    // The distribution of the sum of four even ones, near a normal one, in 2,000 steps.
    var random = SplitMix64(seed: 4)
    var counts = [Int](repeating: 0, count: 2000)
    for _ in 0..<200_000 {
        let z = (0..<4).reduce(0.0) { sum, _ in sum + random.unit() - 0.5 } * 3.0.squareRoot()
        counts[Int((z + 10) * 100)] += 1
    }
    var sum = 0
    let shares = counts.map { count in
        sum += count
        return Float(sum) / 200_000
    }
    for round in 0..<400 {
        let k = [1, 5, 10, 30][round % 4], missing = random.below(250), there = random.below(60)
        let present = (0..<there).map { _ in 300 + 800 * Float(random.unit()) }.sorted()
        let estimates = (0..<missing).map { _ in 200 + 1_000 * Float(random.unit()) }.sorted()
        let errors = (0..<missing).map { _ in 20 + 200 * Float(random.unit()) }
        var scratch = [Float](repeating: 0, count: 3 * missing)
        var found = [mv_chance](repeating: mv_chance(), count: missing)
        let threshold = unsafe mv_chances(
            [0] + shares + [1], present, present.count, estimates, errors, missing, k, 32, &scratch, &found)
        #expect((threshold == .infinity) == (there + missing <= k))
        #expect(Set(found.map(\.place)).count == missing)
        #expect(zip(found, found.dropFirst()).allSatisfy { $0.chance >= $1.chance })
        let expected = plainChances(
            shares, present: present, estimates: estimates, errors: errors, k: k, dimension: 32)
        for item in found {
            // The search for the k-th distance ends at a thousandth of it.
            let difference = abs(Double(item.chance) - expected[Int(item.place)])
            #expect(difference < 0.05, "round \(round): \(item) instead of \(expected[Int(item.place)])")
        }
        let all = found.reduce(0) { $0 + Double($1.chance) }
        #expect(abs(all - expected.reduce(0, +)) < 0.3)
    }
}
