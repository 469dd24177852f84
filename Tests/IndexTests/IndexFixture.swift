import CFaiss
import Foundation
import Storage
import Testing
import Vectors
import Workload

@testable import Index

/// Seeds and steps of random tests: `MEMVEC_SEED` repeats one seed, `MEMVEC_STEPS` sets the steps.
enum Seed {
    private static let environment = ProcessInfo.processInfo.environment
    static let value = environment["MEMVEC_SEED"].flatMap { UInt64($0) } ?? 20_261_126
    static func steps(_ usual: Int) -> Int { environment["MEMVEC_STEPS"].flatMap { Int($0) } ?? usual }
}

/// Vectors around 20 centres, the same for the same seed.
func clustered(_ count: Int, _ d: Int, seed: UInt64 = Seed.value) -> [Float] {
    var random = SplitMix64(seed: seed)
    let centres = (0..<20).map { _ in (0..<d).map { _ in Float(random.unit() * 10) } }
    return (0..<count).flatMap { i in centres[i % 20].map { $0 + random.normal() } }
}

/// A trained index over `vectors`, row i the i-th, all live.
struct IndexFixture {
    let gate = EpochGate()
    let live: LiveRows
    let index: IVFPQIndex
    let preparation: Preparation
    let dimension: Int

    init(_ vectors: [Float], _ d: Int, lists: Int, bytes: Int, metric: Metric = .euclidean) throws {
        dimension = d
        preparation = Preparation(dimension: d, metric: metric)
        live = try LiveRows()
        let prepared = preparation.prepare(vectors)
        let trainer = Trainer(settings: .init(listCount: lists, codeBytes: bytes), dimension: d, threadCount: 1)
        index = IVFPQIndex(quantizer: try trainer.train(sample: prepared, training: 7), gate: gate)
        let rows = (0..<vectors.count / d).map { Row(UInt32($0)) }
        try index.add(rows, index.encode(prepared, threadCount: 2))
        for row in rows { try live.set(row, live: true) }
    }

    func prepared(_ vectors: [Float], _ at: Int) -> [Float] {
        preparation.prepare(Array(vectors[at * dimension..<(at + 1) * dimension]))
    }

    func candidates(_ prepared: [Float], _ count: Int, nprobe: Int, among: RowSet? = nil) throws -> [Candidate] {
        try index.candidates(for: prepared, count: count, nprobe: nprobe, among: among, live: live)
    }
}

/// A folder that goes when the test ends.
final class TemporaryFolder {
    let path = NSTemporaryDirectory() + "memvec-index-\(UInt64.random(in: 0 ... .max))"
    init() throws { try Files.makeFolder(path) }
    deinit { try? Files.remove(path) }
}

/// An index as plain FAISS opens and searches it.
@safe final class PlainFAISS {
    private let index: OpaquePointer

    init(_ path: String) throws {
        var error = mvf_error()
        var opened: OpaquePointer?
        let code = unsafe mvf_read(path, &opened, &error)
        unsafe index = try #require(unsafe opened, "FAISS could not open it: \(code)")
    }

    deinit { unsafe mvf_destroy(index) }

    var count: Int { Int(unsafe mvf_count(index)) }
    var dimension: Int { Int(unsafe mvf_dimension(index)) }

    func search(_ query: [Float], _ k: Int, effort: Int) -> [(row: Int64, estimate: Float)] {
        var distances = [Float](repeating: 0, count: k), ids = [Int64](repeating: -1, count: k)
        var error = mvf_error()
        let code = unsafe mvf_search(index, 1, query, k, effort, &distances, &ids, &error)
        #expect(code == 0)
        return zip(ids, distances).filter { $0.0 >= 0 }.map { (row: $0.0, estimate: $0.1) }
    }
}
