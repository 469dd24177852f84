import Testing
import Workload

/// The expected numbers were computed by numpy from the definitions in the comments of `Workload`.
@Suite("Workload")
struct WorkloadTests {
    private func digest(_ values: some Sequence<UInt64>) -> UInt64 {
        values.reduce(UInt64(0)) { $0 &* 31 &+ $1 }
    }

    @Test("the generator repeats SplitMix64 bit for bit")
    func generator() {
        var random = SplitMix64(seed: 1)
        let drawn = (0..<4).map { _ in random.next() }
        #expect(drawn == [0x910a_2dec_8902_5cc1, 0xbeeb_8da1_658e_ec67, 0xf893_a2ee_fb32_555e, 0x71c1_8690_ee42_c90b])
        random = SplitMix64(seed: 1)
        let units = (0..<3).map { _ in random.unit() }
        #expect(units == [0x1.22145bd91204bp-1, 0x1.7dd71b42cb1ddp-1, 0x1.f12745ddf664ap-1])
    }

    @Test("normals and permutations come out as in numpy")
    func normalsAndPermutations() {
        var random = SplitMix64(seed: 7)
        let normals = (0..<6).map { _ in random.normal().bitPattern }
        #expect(normals == [1_065_159_847, 3_220_086_767, 998_274_325, 3_204_939_337, 3_203_071_505, 1_055_381_349])
        random = SplitMix64(seed: 3)
        #expect(random.permutation(12) == [7, 3, 4, 2, 8, 0, 1, 6, 5, 10, 11, 9])
    }

    struct Trace: Sendable {
        let kind: ObjectTrace
        let digest: UInt64
        let last: [UInt32]
    }

    @Test(
        "each trace is the one that the bars were measured on",
        arguments: [
            Trace(kind: .zipf, digest: 10_890_179_972_951_595_495, last: [2, 19, 0, 202, 1, 153]),
            Trace(kind: .drift, digest: 10_118_393_159_979_052_290, last: [62, 7, 505, 522, 420, 135]),
            Trace(kind: .abrupt, digest: 15_545_317_736_672_750_951, last: [550, 506, 506, 918, 900, 957]),
            Trace(kind: .scan, digest: 6_118_066_323_173_110_841, last: [2194, 2195, 2196, 2197, 2198, 2199]),
        ])
    func traces(expected: Trace) {
        let requests = expected.kind.requests(objects: 1_000, count: 4_000, seed: 1)
        #expect(requests.count == 4_000)
        #expect(Array(requests.suffix(6)) == expected.last)
        #expect(digest(requests.map { UInt64($0) }) == expected.digest)
    }

    @Test("a query stream has the centres and the noise of the reference")
    func queryStream() {
        var settings = QueryStream.Settings(count: 50)
        settings.pool = 10
        settings.shift = 3
        let stream = QueryStream(around: (0..<80).map { Float($0) }, dimension: 4, settings)
        #expect(Array(stream.centres.prefix(12)) == [6, 9, 15, 16, 16, 4, 1, 15, 16, 4, 16, 2])
        let values = (0..<50).reversed().map { stream.vector($0) }.reversed().flatMap { $0 }
        #expect(values.prefix(2).map(\.bitPattern) == [1_093_608_060, 1_102_695_121])
        #expect(digest(values.map { UInt64($0.bitPattern) }) == 15_658_654_361_523_733_268)
    }

    @Test("made clusters are those of the reference")
    func clusters() {
        let values = Clusters.vectors(count: 20, dimension: 4, clusters: 6)
        #expect(values.prefix(2).map(\.bitPattern) == [1_124_709_443, 1_122_532_836])
        #expect(digest(values.map { UInt64($0.bitPattern) }) == 8_798_187_092_521_621_597)
    }
}
