import Dispatch
import Storage
import Synchronization
import Testing
import Vectors
import Workload

@testable import Index

@Suite struct IndexConcurrencyTests {
    @Test("searches while rows come, die and are swept see every row that was in before, and none that is dead")
    func searchWhileAdding() throws {
        let d = 16, base = clustered(600, d), more = clustered(3_000, d, seed: Seed.value + 2)
        let world = try IndexFixture(base, d, lists: 6, bytes: 8)
        let isDone = Atomic<Bool>(false), searches = Atomic<Int>(0), problems = Mutex<[String]>([])
        // Row 0 is never killed; rows 1 ..< 300 are dead before any reader begins.
        for n in 1..<300 { try world.live.set(Row(UInt32(n)), live: false) }
        let target = world.prepared(base, 0)
        DispatchQueue.concurrentPerform(iterations: 3) { thread in
            do {
                if thread == 0 {
                    defer { isDone.store(true, ordering: .releasing) }
                    for first in stride(from: 0, to: 3_000, by: 10) {
                        let rows = (first..<first + 10).map { Row(UInt32(600 + $0)) }
                        let codes = try world.index.encode(Array(more[first * d..<(first + 10) * d]), threadCount: 1)
                        try world.index.add(rows, codes)
                        for row in rows where row.number % 2 == 0 { try world.live.set(row, live: true) }
                        if first % 500 == 0 { _ = try world.index.sweep(world.live, below: Row(.max)) }
                        while searches.load(ordering: .relaxed) < first / 10 {}
                    }
                } else {
                    while !isDone.load(ordering: .acquiring) {
                        let found = try world.candidates(target, 5_000, nprobe: 6).map(\.row)
                        searches.wrappingAdd(1, ordering: .relaxed)
                        if Set(found).count != found.count { problems.withLock { $0.append("a row twice") } }
                        if !found.contains(Row(0)) { problems.withLock { $0.append("row 0 is lost") } }
                        let dead = found.map(\.number).filter {
                            (1..<300).contains($0) || ($0 >= 600 && $0 % 2 == 1)
                        }
                        if !dead.isEmpty { problems.withLock { $0.append("dead: \(dead)") } }
                    }
                }
            } catch {
                isDone.store(true, ordering: .releasing)
                searches.store(.max, ordering: .relaxed)
                problems.withLock { $0.append("\(error)") }
            }
        }
        #expect(problems.withLock { $0 }.isEmpty)
        #expect(try world.candidates(target, 5_000, nprobe: 6).count == 301 + 1_500)
        world.gate.collect()
        #expect(world.gate.pendingCount == 0)
    }

    @Test("a graph that takes its tail in is searched meanwhile, and no row is lost or found twice")
    func graphMerge() throws {
        let d = 16, vectors = clustered(1_500, d), live = try LiveRows()
        let index = try GraphIndex(factory: "HNSW8", dimension: d, training: 1, tailLimit: 100)
        for n in 0..<1_500 { try live.set(Row(UInt32(n)), live: true) }
        let added = Atomic<Int>(0), problems = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 2) { thread in
            do {
                if thread == 0 {
                    for first in stride(from: 0, to: 1_500, by: 50) {
                        let codes = try index.encode(Array(vectors[first * d..<(first + 50) * d]), threadCount: 1)
                        try index.add((first..<first + 50).map { Row(UInt32($0)) }, codes)
                        added.store(first + 50, ordering: .releasing)
                    }
                } else {
                    var count = 0
                    while count < 1_500 {
                        count = added.load(ordering: .acquiring)
                        let query = Array(vectors[..<d])
                        let found = try index.candidates(
                            for: query, count: 2_000, nprobe: index.listCount, among: nil, live: live)
                        if Set(found.map(\.row)).count != found.count { problems.withLock { $0.append("a row twice") } }
                        if found.count < count { problems.withLock { $0.append("\(found.count) of \(count)") } }
                    }
                }
            } catch {
                added.store(1_500, ordering: .releasing)
                problems.withLock { $0.append("\(error)") }
            }
        }
        index.settle()
        #expect(problems.withLock { $0 }.isEmpty && index.rowCount == 1_500)
    }
}
