import CKernels
import Testing

/// The plain definition in double precision.
private func reference(_ a: [Float], _ b: [Float], cosine: Bool) -> Double {
    let pairs = zip(a.map(Double.init), b.map(Double.init))
    if !cosine { return pairs.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot() }
    let dot = pairs.reduce(0) { $0 + $1.0 * $1.1 }
    let norms = [a, b].map { $0.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }
    return 1 - dot / (norms[0] * norms[1])
}

@Test("distances agree with double precision in every dimension, at every alignment, to the same bit in any batch")
func distances() {
    var random = SystemRandomNumberGenerator()
    for d in Array(1...130) + [384, 768, 1536, 4096] {
        let q = (0..<d).map { _ in Float.random(in: -1...1, using: &random) }
        let x = (0..<d).map { _ in Float.random(in: -1...1, using: &random) }
        for metric in [MV_EUCLIDEAN, MV_COSINE] {
            let expected = reference(q, x, cosine: metric == MV_COSINE)
            var seen: Set<Float> = []
            for offset in [0, 1, 3, 7] {
                let rows = [Float](repeating: 9, count: offset) + x + x + x
                unsafe q.withUnsafeBufferPointer { q in
                    unsafe rows.withUnsafeBufferPointer { rows in
                        var query = unsafe mv_query_make(Int32(metric), q.baseAddress, d)
                        var out = [Float](repeating: 0, count: 3)
                        unsafe mv_distances(&query, rows.baseAddress! + offset, 3, &out)
                        seen.formUnion(out)
                        seen.insert(unsafe mv_distance(&query, rows.baseAddress! + offset))
                    }
                }
            }
            #expect(seen.count == 1, "dimension \(d) metric \(metric): \(seen)")
            #expect(abs(Double(seen.first ?? .nan) - expected) <= 2e-6 * max(1, expected), "dimension \(d)")
        }
    }
}

@Test("cosine distance stays within 0...2 and has no negative zero")
func cosineClamp() {
    let a: [Float] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    unsafe a.withUnsafeBufferPointer { a in
        var query = unsafe mv_query_make(Int32(MV_COSINE), a.baseAddress, 7)
        let same = unsafe mv_distance(&query, a.baseAddress!)
        #expect(same >= 0 && same < 1e-6 && same.sign == .plus)
        let opposite = unsafe a.map { -3 * $0 }
        let far = unsafe opposite.withUnsafeBufferPointer { unsafe mv_distance(&query, $0.baseAddress!) }
        #expect(far <= 2 && far > 1.999999)
    }
}
