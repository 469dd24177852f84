import Foundation
import Testing
import Vectors

@testable import Storage

/// Each kind of damage that verify is there for, planted, and found.
@Suite("Store: verify")
struct VerifyTests {
    private struct World {
        let folder: TemporaryFolder
        let store: Store

        init() throws {
            folder = try TemporaryFolder()
            store = try openStore(folder.path, dimension: 128)
            try store.fill(200)
            try store.write { writer in
                if let row = try writer.delete(try VectorKey("k7")) { try writer.append(.killed([row])) }
                _ = try writer.add(Intent(key: try VectorKey("k1"), action: .delete))
            }
        }

        /// Changes the file past the store's back.
        func plant(_ body: (borrowing WriteTransaction, StoreTables) throws -> Void) throws {
            try store.environment.write { try body($0, store.tables) }
        }

        func problems() throws -> [String] { try store.verify(nonFilterable: ["hidden"]).problems }
    }

    enum Damage: String, CaseIterable, Sendable {
        case recordGone, recordTooMany, recordGarbled, keyGone, keyElsewhere, liveBit, posting, postingTooMany, block
        case blockGone, tail, tailGone, counter, journalGap, journalAhead, intent, intentKey

        func plant(_ txn: borrowing WriteTransaction, _ tables: StoreTables, _ store: Store) throws {
            switch self {
            case .recordGone: try txn.delete(tables.rows, 3)
            case .recordTooMany: try copy(txn, tables.rows, from: 3, to: 7)
            case .recordGarbled: try change(txn, tables.rows, 3, at: 0)
            case .keyGone: unsafe _ = try hash(store, "k3").withUnsafeBytes { unsafe try txn.delete(tables.keys, $0) }
            case .keyElsewhere: try txn.put(tables.keys, hash(store, "k3"), [4, 0, 0, 0])
            case .liveBit: try change(txn, tables.live, 0, at: 1)
            case .posting, .postingTooMany:
                let key = FieldPostings("n", store).key(.number(self == .posting ? 3 : 4)).bytes
                var row: UInt32 = 3
                unsafe try key.withUnsafeBytes { key in
                    unsafe try withUnsafeBytes(of: &row) { row in
                        if self == .posting {
                            unsafe _ = try txn.delete(tables.postings, key, value: row)
                        } else {
                            unsafe try txn.put(tables.postings, key, row)
                        }
                    }
                }
            case .block: try change(txn, tables.blocks, 0, at: store.layout.vectorOffset + 4)
            case .blockGone: try txn.delete(tables.blocks, 0)
            case .tail: try change(txn, tables.tail, 150, at: 5)
            case .tailGone: try txn.delete(tables.tail, 199)
            case .counter: try txn.put(tables.meta, StoreCounters.key, wrongCounters(store))
            case .journalGap:
                unsafe try withUnsafeBytes(of: UInt64(1)) { unsafe _ = try txn.delete(tables.journal, $0) }
                try put(txn, tables.journal, 4, JournalEntry.killed([]).encoded)
            case .journalAhead:
                try put(txn, tables.journal, 2, JournalEntry.added(first: Row(190), count: 20, codes: nil).encoded)
            case .intent: try put(txn, tables.intents, 1, [1, 2, 3])
            case .intentKey:
                unsafe _ = try hash(store, "k1").withUnsafeBytes { unsafe try txn.delete(tables.intentKeys, $0) }
            }
        }

        private func hash(_ store: Store, _ key: String) throws -> [UInt8] {
            unsafe store.hash(try VectorKey(key)).withBytes { unsafe Array($0) }
        }

        private func wrongCounters(_ store: Store) -> [UInt8] {
            var counters = store.counters
            counters.liveCount -= 1
            return counters.bytes
        }

        private func put(
            _ txn: borrowing WriteTransaction, _ table: Database, _ number: UInt64, _ bytes: [UInt8]
        ) throws {
            var number = number
            unsafe try withUnsafeBytes(of: &number) { key in
                unsafe try bytes.withUnsafeBytes { unsafe try txn.put(table, key, $0) }
            }
        }

        private func copy(_ txn: borrowing WriteTransaction, _ table: Database, from: UInt32, to: UInt32) throws {
            let bytes = unsafe Array(try #require(try txn.get(table, from)))
            try txn.put(table, to, bytes)
        }

        private func change(_ txn: borrowing WriteTransaction, _ table: Database, _ key: UInt32, at offset: Int) throws
        {
            var bytes = unsafe Array(try #require(try txn.get(table, key)))
            bytes[offset] ^= 4
            try txn.put(table, key, bytes)
        }
    }

    @Test("a sound store has no problem and is counted")
    func sound() throws {
        let report = try World().store.verify(nonFilterable: ["hidden"])
        #expect(report.isSound, "\(report.problems)")
        #expect(report.liveCount == 199 && report.blockCount == 1 && report.intentCount == 1)
        #expect(report.journalCount == 2 && report.postingCount == 4 * 199)
    }

    @Test("damage is found", arguments: Damage.allCases)
    func found(_ damage: Damage) throws {
        let world = try World()
        try world.plant { try damage.plant($0, $1, world.store) }
        let problems = try world.problems()
        #expect(!problems.isEmpty && problems.count <= StoreReport.problemLimit, "\(damage): \(problems)")
    }

    @Test("rows that are live in memory and not on disk are found")
    func memory() throws {
        let world = try World()
        try world.store.live.set(Row(7), live: true)
        #expect(try world.problems().count == 1)
    }

    @Test("thousands of damages end in a report of bounded length")
    func many() throws {
        let world = try World()
        try world.plant { txn, tables in for row in 0..<UInt32(200) { try txn.delete(tables.rows, row) } }
        #expect(try world.problems().count == StoreReport.problemLimit)
    }

    /// A page that LMDB would follow to nowhere must be found without LMDB: it would end the process.
    @Test("pages of the tree that are overwritten are found before anything follows them")
    func pages() async throws {
        let world = try World()
        let path = world.folder.path
        try world.store.fill(3000, prefix: "more")
        try world.store.expectSound()
        await #expect(processExitsWith: .success) { [path = path as String] in
            let bytes = try #require(try Files.read(path + "/data.mdb"))
            let copy = path + "/copy"
            var random = SeededGenerator(seed: 3), treePages = 0, found = 0
            for page in 2..<(bytes.count / 4096) where random.below(3) == 0 {
                // Branch and leaf pages; of large values only the first page has a number and flags.
                guard bytes[page * 4096 + 10] & 0x03 != 0, bytes[page * 4096] == UInt8(page & 0xff) else { continue }
                var damaged = bytes
                for i in 0..<4096 { damaged[page * 4096 + i] = UInt8.random(in: 0...255, using: &random) }
                try Files.makeFolder(copy)
                try Files.writeAtomically(damaged, to: copy + "/data.mdb")
                treePages += 1
                if PageWalker.check(path: copy + "/data.mdb") != nil { found += 1 }
                try Files.remove(copy)
            }
            // The others are free: nothing leads there.
            #expect(treePages > 20 && found > treePages / 2)
        }
    }

    @Test("the page walker has nothing to say of a store after many random writes", arguments: Seed.quick)
    func walker(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        let store = try openStore(folder.path)
        for round in 0..<Seed.steps(20, most: 300) {
            // One value in a posting of thousands, and thousands of postings of one row.
            try store.fill(1 + random.below(1200), prefix: "p\(random.below(3))-")
            if random.below(3) == 0 {
                let gone = try store.keys().sorted().prefix(random.below(800))
                try store.write { writer in for key in gone { _ = try writer.delete(try VectorKey(key)) } }
            }
            if let finding = PageWalker.check(path: folder.data) {
                Issue.record("MEMVEC_SEED=\(seed) round \(round): \(finding)")
            }
        }
        try store.expectSound()
    }
}
