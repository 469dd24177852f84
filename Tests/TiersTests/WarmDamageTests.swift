import Foundation
import Storage
import Testing
import Vectors
import Workload

@testable import Tiers

/// A warm file with random pages overwritten, cut, or mixed with older ones: a child process opens it, reads what it
/// believes, writes on, and must neither crash nor answer with wrong bytes.
@Suite("Warm tier: damage", .serialized)
struct WarmDamageTests {
    enum Damage: String, CaseIterable, Sendable, Codable {
        case noise, zeros, anotherPage, someBytes, truncated, olderPages
    }

    @Test("no damage to the file crashes the process or changes a vector", arguments: Damage.allCases)
    func damage(_ damage: Damage) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        let rounds = Seed.steps(5, most: 100)
        await #expect(processExitsWith: .success, "\(damage)") {
            [path = path as String, damage = damage as Damage, rounds = rounds as Int] in
            try DamagedWorld(folder: path).run(damage, rounds: rounds)
        }
    }

    @Test("each page of the tree that is overwritten is found before the file is opened")
    func everyPage() throws {
        let folder = try TemporaryFolder()
        let world = DamagedWorld(folder: folder.path)
        let pristine = try world.makeFile(blocks: 30).last ?? []
        let data = folder.path + "/data.mdb"
        var random = SplitMix64(seed: 1)
        var found = 0
        var used = 0
        for page in 0..<(pristine.count / 4096) {
            // Pages of values are covered by the blocks' own checksums, free pages by nothing: they are not read.
            guard DamagedWorld.isTreePage(pristine, page) else { continue }
            used += 1
            var bytes = pristine
            for i in 0..<4096 { bytes[page * 4096 + i] = UInt8(truncatingIfNeeded: random.next()) }
            try Files.writeAtomically(bytes, to: data)
            if PageWalker.check(path: data) != nil { found += 1 }
        }
        #expect(used > 3 && found == used)
    }
}

/// What the child does.
struct DamagedWorld {
    let folder: String
    private static let dimension = 128
    private static let rowCount = 12_000

    /// Whether the newest state of the file uses `page` as meta, branch or leaf page: by its flags, and because LMDB
    /// does not clean what is free, only if a change of it is one to the walker.
    static func isTreePage(_ file: [UInt8], _ page: Int) -> Bool {
        let flags = file[page * 4096 + 10]
        guard flags & 0x0b != 0, page < 2 || file[page * 4096] == UInt8(page & 0xff) else { return false }
        return page < 2 || isReached(file, page)
    }

    /// Follows the two trees of the newer meta page from their roots; the file is sound.
    private static func isReached(_ file: [UInt8], _ wanted: Int) -> Bool {
        func integer(_ at: Int, _ size: Int) -> Int { (0..<size).reversed().reduce(0) { $0 << 8 | Int(file[at + $1]) } }
        let meta = integer(16 + 128, 8) > integer(4096 + 16 + 128, 8) ? 16 : 4096 + 16
        var open = [integer(meta + 24 + 40, 8), integer(meta + 72 + 40, 8)].filter { $0 >= 0 && $0 < file.count / 4096 }
        while let page = open.popLast() {
            if page == wanted { return true }
            let start = page * 4096
            for index in 0..<((integer(start + 12, 2) - 16) / 2) {
                let node = start + integer(start + 16 + 2 * index, 2)
                if file[start + 10] & 1 != 0 {
                    open.append(integer(node, 4) | integer(node + 4, 2) << 32)
                } else if integer(node + 4, 2) == 2 {
                    let root = integer(node + 8 + integer(node + 6, 2) + 40, 8)
                    if root >= 0 && root < file.count / 4096 { open.append(root) }
                }
            }
        }
        return false
    }

    private struct Tiers {
        let warm: WarmTier
        let residency: ResidencyTable
    }

    private func open() throws -> Tiers {
        let residency = try ResidencyTable()
        let live = try LiveRows()
        try residency.grow(through: Row(UInt32(Self.rowCount - 1)))
        for row in 0..<Self.rowCount { try live.set(Row(UInt32(row)), live: true) }
        var settings = WarmTier.Settings(
            folder: folder, dimension: Self.dimension, generation: 1, budgetBytes: 60 << 16)
        settings.bootID = "this-boot"
        let warm = try WarmTier(settings, residency: residency, live: live)
        warm.drain()
        return Tiers(warm: warm, residency: residency)
    }

    private func use(_ range: Range<Int>, _ tiers: Tiers) {
        let rows = range.map { Row(UInt32($0)) }
        for row in rows { for _ in 0..<3 { tiers.residency.countUse(of: row) } }
        for start in stride(from: 0, to: rows.count, by: 100) {
            tiers.warm.admit(
                Array(rows[start..<min(start + 100, rows.count)]), from: PatternVectors(dimension: Self.dimension))
        }
    }

    /// States of the file, the last one closed cleanly.
    func makeFile(blocks: Int) throws -> [[UInt8]] {
        for name in ["data.mdb", "data.mdb-lock", "mark"] { try Files.remove(folder + "/" + name) }
        let tiers = try open()
        var states: [[UInt8]] = []
        for part in 0..<4 {
            use((part * blocks * 30)..<((part + 1) * blocks * 30), tiers)
            states.append(try Files.read(folder + "/data.mdb") ?? [])
        }
        tiers.warm.close()
        states.append(try Files.read(folder + "/data.mdb") ?? [])
        return states
    }

    func run(_ damage: WarmDamageTests.Damage, rounds: Int) throws {
        let states = try makeFile(blocks: 30)
        let mark = try Files.read(folder + "/mark") ?? []
        var random = SplitMix64(seed: 7)
        for _ in 0..<rounds {
            try Files.remove(folder + "/data.mdb-lock")
            try Files.writeAtomically(damaged(states, damage, &random), to: folder + "/data.mdb")
            try Files.writeAtomically(mark, to: folder + "/mark")
            let tiers = try open()
            try checkAll(tiers)
            use(5_000..<9_000, tiers)
            try checkAll(tiers)
            tiers.warm.close()
        }
    }

    private struct WrongBytes: Error {}

    private func checkAll(_ tiers: Tiers) throws {
        let rows = (0..<Self.rowCount).map { Row(UInt32($0)) }
        var isRight = true
        BlockVectors(source: tiers.warm, residency: tiers.residency).forEachVector(of: rows) { index, vector in
            if !PatternVectors.matches(vector, rows[index]) { isRight = false }
        }
        if !isRight { throw WrongBytes() }
    }

    private func damaged(
        _ states: [[UInt8]], _ damage: WarmDamageTests.Damage, _ random: inout SplitMix64
    ) -> [UInt8] {
        guard var bytes = states.last else { return [] }
        let pages = bytes.count / 4096
        let tree = (0..<pages).filter { Self.isTreePage(bytes, $0) }
        for _ in 0..<(1 + random.below(4)) {
            // Half of the damage goes to the tree's pages, which are few.
            let page = random.below(2) == 0 && !tree.isEmpty ? tree[random.below(tree.count)] : random.below(pages)
            let start = page * 4096
            switch damage {
            case .noise: for i in 0..<4096 { bytes[start + i] = UInt8(truncatingIfNeeded: random.next()) }
            case .zeros: for i in 0..<4096 { bytes[start + i] = 0 }
            case .anotherPage:
                let other = random.below(pages) * 4096
                for i in 0..<4096 { bytes[start + i] = bytes[other + i] }
            case .someBytes:
                for _ in 0..<3 { bytes[start + random.below(128)] = UInt8(truncatingIfNeeded: random.next()) }
            case .olderPages:
                let older = states[random.below(states.count - 1)]
                if start + 4096 <= older.count { for i in 0..<4096 { bytes[start + i] = older[start + i] } }
            case .truncated: return Array(bytes.prefix(random.below(bytes.count)))
            }
        }
        return bytes
    }
}
