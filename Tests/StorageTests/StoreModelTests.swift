import Foundation
import Testing
import Vectors

@testable import Storage

/// A store in a folder of its own, removed at the end.
final class TemporaryFolder {
    let path = FileManager.default.temporaryDirectory.path + "/memvec-" + UUID().uuidString
    init() throws { try Files.makeFolder(path) }
    deinit { try? Files.remove(path) }
}

func openStore(_ path: String, dimension: Int = 3, readOnly: Bool = false) throws -> Store {
    try Store(
        folder: path, shape: .init(dimension: dimension, holdsVectors: true, generation: 1, hashSeed: 7),
        readOnly: readOnly, mapBytes: 1 << 30)
}

func makePut(_ key: String, _ values: [Float], metadata: [UInt8] = []) throws -> StoreWriter.Put {
    StoreWriter.Put(
        key: try VectorKey(key), values: values, fingerprint: Fingerprint(of: values), encodedMetadata: metadata,
        postings: [])
}

@Test("random puts, overwrites, deletes and reopens leave what a dictionary holds", arguments: [UInt64(1), 2, 3])
func storeModel(seed: UInt64) throws {
    let folder = try TemporaryFolder()
    var random = SeededGenerator(seed: seed)
    var model: [String: [Float]] = [:]
    var store: Store? = try openStore(folder.path)
    for step in 0..<300 {
        let store0 = try #require(store)
        var staged = model
        try store0.write { writer in
            for _ in 0..<Int.random(in: 1...(step % 20 == 0 ? 3000 : 20), using: &random) {
                let key = "k\(Int.random(in: 0..<500, using: &random))"
                if Int.random(in: 0..<4, using: &random) == 0 {
                    let gone = try writer.delete(try VectorKey(key))
                    #expect((gone != nil) == (staged[key] != nil))
                    staged[key] = nil
                } else {
                    let values = (0..<3).map { _ in Float.random(in: -1...1, using: &random) }
                    _ = try writer.put(try makePut(key, values))
                    staged[key] = values
                }
            }
        }
        model = staged
        if step % 50 == 49 {
            store = nil
            store = try openStore(folder.path)
        }
        if step % 25 == 24 { try check(try #require(store), model, seed: seed) }
    }
}

private func check(_ store: Store, _ model: [String: [Float]], seed: UInt64) throws {
    #expect(Int(store.counters.liveCount) == model.count, "seed \(seed)")
    try store.read { reader in
        for (key, values) in model {
            let row = try #require(try reader.row(of: try VectorKey(key)))
            #expect(store.live.contains(row))
            let found = try reader.withVector(of: row) { span in (0..<span.count).map { span[$0] } }
            #expect(found == values, "seed \(seed) key \(key)")
            #expect(try reader.record(of: row)?.fingerprint == Fingerprint(of: values))
        }
        var listed: Set<String> = []
        var position: [UInt8]?
        repeat {
            let page = try reader.list(after: position, limit: 37)
            for row in page.rows { listed.insert(try #require(try reader.record(of: row)).key.text) }
            position = page.next
        } while position != nil
        #expect(listed == Set(model.keys), "seed \(seed)")
    }
    #expect(store.live.snapshot(rowCount: Int(store.counters.nextRow)).count == model.count, "seed \(seed)")
}

/// SplitMix64, so that a seed names the same run everywhere.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
