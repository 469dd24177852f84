import Formats
import Foundation
import Testing

/// Small files of every format, to be broken.
private func samples() -> [(name: String, bytes: [UInt8])] {
    let vectors = (0..<12).map { i in (0..<3).map { Float(i) - 0.25 * Float($0) } }
    let head = "{'descr': '<f4', 'fortran_order': False, 'shape': (12, 3), }"
    let wide = "{'descr': '<f8', 'fortran_order': False, 'shape': (6, 3), }"
    let body = vectors.flatMap { Bytes.of($0) }
    let lines = vectors.enumerated().map { i, v in
        "{\"key\":\"k\(i)\",\"vector\":[\(v[0]),\(v[1]),\(v[2])],\"metadata\":{\"n\":\(i),\"t\":[\"a\",\"b\"]}}\n"
    }
    return [
        ("a.fvecs", Bytes.fvecs(vectors)), ("a.bvecs", Bytes.bvecs((0..<12).map { [UInt8($0), 0, 255] })),
        ("a.npy", Bytes.npy(head, body)), ("a.npy", Bytes.npy(wide, body, version: 2)),
        ("a.jsonl", Array(lines.joined().utf8)),
    ]
}

/// Bytes changed, cut out, doubled, or the end cut off.
private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: bytes.removeSubrange(at..<min(at + 5, bytes.count))
        case 3: bytes.insert(contentsOf: bytes[at..<min(at + 9, bytes.count)], at: at)
        case 4: bytes.replaceSubrange(at..<min(at + 4, bytes.count), with: [0xFF, 0xFF, 0xFF, 0x7F])
        default: bytes.removeSubrange(at...)
        }
    }
}

@Test("a broken file is read to where it is broken, and never ends the process", arguments: Seed.quick)
func mutations(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed), refusals = 0
    let samples = samples()
    for step in 0..<Seed.steps(600) {
        let (name, whole) = samples[step % samples.count]
        var bytes = whole
        mutate(&bytes, &random)
        let file = try SampleFile(name, bytes)
        var options = ReadingOptions()
        options.from = Bool.random(using: &random) ? 0 : Int.random(in: 0..<14, using: &random)
        let (batches, error) = file.read(options, atMost: Int.random(in: 1...20, using: &random))
        var record = options.from
        for batch in batches {
            #expect(batch.values.count == batch.count * batch.dimension && batch.count > 0)
            #expect(!batch.values.contains { !$0.isFinite })
            #expect(batch.keys.map { $0.count == batch.count } ?? true)
            #expect(batch.metadata.map { $0.count == batch.count } ?? true)
            #expect(batch.start.record == record, "MEMVEC_SEED=\(seed) step \(step)")
            record += batch.count
            #expect(batch.position.record == record && batch.position.byteOffset <= bytes.count)
        }
        if let error {
            refusals += 1
            #expect(!error.code.isEmpty && error.description.hasPrefix(file.path))
            if let place = error.place, !batches.isEmpty { #expect(place.record == record, "MEMVEC_SEED=\(seed)") }
        }
    }
    #expect(refusals > 0, "the mutations break something")
}
