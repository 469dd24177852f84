import Foundation
import Synchronization
import Testing
import Vectors

@testable import Storage

@Suite("Store: readers beside the writer")
struct StoreConcurrencyTests {
    /// Every value of a row is the number of its round, so that a mixture shows.
    @Test("a reader sees one moment: all keys of one round, each with its own vector")
    func readers() throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder.path)
        let keyCount = 150, rounds = Seed.steps(60, most: 400)
        let isDone = Atomic<Bool>(false), wrong = Atomic<Int>(0), looks = Atomic<Int>(0)
        try write(round: 0, keyCount, store)
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            if thread == 0 {
                for round in 1...rounds {
                    if (try? write(round: round, keyCount, store)) == nil { wrong.add(1, ordering: .relaxed) }
                }
                isDone.store(true, ordering: .releasing)
                return
            }
            var last: Float = 0
            repeat {
                looks.add(1, ordering: .relaxed)
                guard let round = try? Self.look(keyCount, store), round >= last else {
                    wrong.add(1, ordering: .relaxed)
                    continue
                }
                last = round
            } while !isDone.load(ordering: .acquiring)
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
        #expect(looks.load(ordering: .relaxed) >= 3)
        try store.expectSound()
    }

    private func write(round: Int, _ keyCount: Int, _ store: Store) throws {
        let values = [Float](repeating: Float(round), count: 3)
        let puts = try (0..<keyCount).map { try makePut("k\($0)", values, in: store) }
        try store.write { writer in
            let (first, killed) = try writer.putMany(puts)
            if let first { try writer.append(.added(first: first, count: puts.count, codes: nil)) }
            try writer.append(.killed(killed))
        }
    }

    /// The round that all keys are of; throws or gives NaN when they are of different ones.
    private static func look(_ keyCount: Int, _ store: Store) throws -> Float {
        try store.read { reader in
            var rounds: Set<Float> = []
            for i in 0..<keyCount {
                guard let row = try reader.row(of: try VectorKey("k\(i)")) else { return .nan }
                let found = try reader.withVector(of: row) { span in Set(span.indices.map { span[$0] }) }
                rounds.formUnion(found ?? [])
            }
            return rounds.count == 1 ? rounds.first ?? .nan : .nan
        }
    }

    @Test("new rows are found before they are live, and live before the writer is told")
    func orderOfPublishing() throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder.path)
        try store.fill(10)
        let dying = try #require(try store.read { try $0.row(of: try VectorKey("k3")) })
        let put = try makePut("k3", [9, 9, 9], in: store)
        var isFound = false
        let row = try store.write { writer in
            try writer.put(put).row
        } committed: { row in
            isFound = !store.live.contains(row) && store.live.contains(dying)
        }
        #expect(isFound && store.live.contains(row) && !store.live.contains(dying))
    }

    @Test("a write that throws leaves no trace, in the file or in memory")
    func aborted() throws {
        struct Stop: Error {}
        let folder = try TemporaryFolder()
        let store = try openStore(folder.path)
        try store.fill(200)
        let before = store.counters
        let put = try makePut("k3", [9, 9, 9], in: store)
        #expect(throws: Stop.self) {
            try store.write { writer in
                for _ in 0..<300 { _ = try writer.put(put) }
                try writer.setNote("n", [1])
                throw Stop()
            }
        }
        #expect(store.counters == before)
        #expect(try store.read { try $0.counters() } == before)
        #expect(store.live.snapshot(rowCount: 600).count == 200)
        try store.expectSound()
    }

    @Test("more readers at once than the pool has seen get their moment")
    func manyReaders() throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder.path)
        try store.fill(50)
        func nest(_ depth: Int) throws -> Int {
            try store.read { reader in
                let count = Int(try reader.counters().liveCount)
                return depth == 0 ? count : try count + nest(depth - 1)
            }
        }
        #expect(try nest(200) == 201 * 50)
    }
}
