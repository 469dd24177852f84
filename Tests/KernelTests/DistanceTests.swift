import CKernels
import Testing
import Workload

/// Values at every alignment: `count` floats that start `shift` floats behind a 64-byte border.
@safe private final class Floats {
    let base: UnsafeMutablePointer<Float>
    private let memory: UnsafeMutableRawPointer

    init(_ values: [Float], shift: Int = 0) {
        unsafe memory = .allocate(byteCount: (values.count + shift) * 4 + 64, alignment: 64)
        unsafe base = memory.assumingMemoryBound(to: Float.self) + shift
        for (i, value) in values.enumerated() { unsafe base[i] = value }
    }

    deinit { unsafe memory.deallocate() }
}

private func vector(_ d: Int, _ generator: inout SplitMix64) -> [Float] {
    (0..<d).map { _ in Float.random(in: -2...2, using: &generator) }
}

private func distances(_ metric: Int, _ query: [Float], _ rows: [Floats]) -> [Float] {
    var out = [Float](repeating: .nan, count: rows.count)
    let pointers: [UnsafePointer<Float>?] = unsafe rows.map { unsafe UnsafePointer($0.base) }
    unsafe query.withUnsafeBufferPointer { values in
        var kernel = unsafe mv_query_make(Int32(metric), values.baseAddress, values.count)
        unsafe mv_distances(&kernel, pointers, rows.count, &out)
        let single = rows.map { unsafe mv_distance(&kernel, $0.base) }
        #expect(single.map(\.bitPattern) == out.map(\.bitPattern), "alone and in a batch")
    }
    return out
}

@Suite struct DistanceTests {
    @Test("the machine's kernels give the bits of the scalar twins in every dimension and at every alignment")
    func twins() {
        var generator = Seed.generator()
        let scalar = unsafe mv_distance_scalar()!.pointee, best = unsafe mv_distance_best()!.pointee
        for d in 1...130 {
            let q = vector(d, &generator), x = vector(d, &generator)
            let query = Floats(q, shift: d % 7), aligned = Floats(x)
            let rows = (0..<9).map { Floats(x, shift: $0) }
            let l2 = unsafe scalar.l2sq(query.base, aligned.base, d).bitPattern
            let dot = unsafe scalar.dot(query.base, aligned.base, d).bitPattern
            let square = unsafe scalar.dot(aligned.base, aligned.base, d).bitPattern
            for row in rows {
                unsafe #expect(best.l2sq(query.base, row.base, d).bitPattern == l2)
                unsafe #expect(best.dot(query.base, row.base, d).bitPattern == dot)
                var norm: Float = 0
                #expect(unsafe best.dot_and_norm(query.base, row.base, d, &norm).bitPattern == dot)
                #expect(norm.bitPattern == square)
            }
            let pointers: [UnsafePointer<Float>?] = unsafe rows.map { unsafe UnsafePointer($0.base) }
            var out = [Float](repeating: 0, count: 9), squares = out
            unsafe best.l2sq_rows(query.base, pointers, 9, d, &out)
            #expect(out.allSatisfy { $0.bitPattern == l2 })
            unsafe best.dot_and_norm_rows(query.base, pointers, 9, d, &out, &squares)
            #expect(out.allSatisfy { $0.bitPattern == dot } && squares.allSatisfy { $0.bitPattern == square })
        }
    }

    @Test("a distance is right within the rounding of float32 sums", arguments: [1, 2, 7, 16, 128, 384, 1_536])
    func accuracy(d: Int) {
        var generator = Seed.generator()
        let q = vector(d, &generator)
        let rows = (0..<70).map { _ in vector(d, &generator) }
        let l2 = distances(MV_EUCLIDEAN, q, rows.map { Floats($0) })
        let cosine = distances(MV_COSINE, q, rows.map { Floats($0) })
        for (i, row) in rows.enumerated() {
            let pairs = zip(q, row).map { (Double($0), Double($1)) }
            let square = pairs.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            let dot = pairs.reduce(0) { $0 + $1.0 * $1.1 }
            let norms = (pairs.reduce(0) { $0 + $1.0 * $1.0 } * pairs.reduce(0) { $0 + $1.1 * $1.1 }).squareRoot()
            #expect(abs(Double(l2[i]) - square.squareRoot()) <= 1e-6 * square.squareRoot())
            #expect(abs(Double(cosine[i]) - (1 - dot / norms)) <= 2e-6)
        }
    }

    @Test("equal vectors are at 0, opposite ones at cosine 2, and no distance is negative zero")
    func ends() {
        var generator = Seed.generator()
        for d in [1, 3, 8, 128, 1_000] {
            let q = vector(d, &generator)
            let rows = [Floats(q), Floats(q.map { -$0 }), Floats(q.map { $0 * 2 })]
            let cosine = distances(MV_COSINE, q, rows)
            #expect(cosine.map(\.bitPattern) == [Float(0), 2, 0].map(\.bitPattern))
            #expect(distances(MV_EUCLIDEAN, q, rows)[0].bitPattern == 0)
        }
    }

    @Test("values whose squares leave the range of float32 have right distances, too", arguments: [1e-30, 1e-20, 1e30])
    func extremes(scale: Double) {
        let q = [1, 2, 2].map { Float($0 * scale) }, x = [2, 4, 4].map { Float($0 * scale) }
        let y = [2, -2, 1].map { Float($0 * scale) }
        let l2 = distances(MV_EUCLIDEAN, q, [Floats(x), Floats(q)])
        #expect(abs(Double(l2[0]) / (3 * scale) - 1) < 1e-6 && l2[1] == 0)
        let cosine = distances(MV_COSINE, q, [Floats(x), Floats(y), Floats(q.map { -$0 })])
        #expect(cosine[0] < 1e-6 && abs(cosine[1] - 1) < 1e-6 && cosine[2] == 2)
    }

    @Test("a distance that no float32 can hold is the largest one")
    func overflow() {
        let most = Float.greatestFiniteMagnitude
        #expect(distances(MV_EUCLIDEAN, [most, most], [Floats([-most, -most])]) == [most])
        #expect(distances(MV_COSINE, [most, most], [Floats([most, most])])[0] < 1e-6)
    }
}
