import Storage
import Testing
import Vectors

@testable import Tiers

@Suite("Heat")
struct HeatTests {
    private func heat() -> Heat {
        Heat(entries: [
            .init(row: Row(1), uses: 3, isInRAM: false), .init(row: Row(2), uses: 1, isInRAM: true),
            .init(row: Row(70_000), uses: 65_535, isInRAM: true), .init(row: Row(4), uses: 3, isInRAM: false),
        ])
    }

    @Test("what is saved is loaded; the file's bytes are those of the format")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/heat"
        try heat().save(to: path, generation: 5)
        #expect(Heat.load(from: path, generation: 5) == heat())
        let bytes = try #require(try Files.read(path))
        #expect(
            Array(bytes.prefix(24)) == [
                0x4d, 0x56, 0x48, 0x31, 5, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0,
            ])
        #expect(bytes.count == 16 + 4 * 8 + 8)
        #expect(Array(bytes[24..<32]) == [2, 0, 0, 0, 1, 0, 1, 0])
    }

    @Test("a file that is missing, cut, changed in any byte, or of another generation is no heat")
    func damage() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/heat"
        #expect(Heat.load(from: path, generation: 5) == nil)
        try heat().save(to: path, generation: 5)
        #expect(Heat.load(from: path, generation: 6) == nil)
        let bytes = try #require(try Files.read(path))
        for at in bytes.indices {
            var changed = bytes
            changed[at] ^= 0x10
            try Files.writeAtomically(changed, to: path)
            #expect(Heat.load(from: path, generation: 5) == nil)
            try Files.writeAtomically(Array(bytes.prefix(at)), to: path)
            #expect(Heat.load(from: path, generation: 5) == nil)
        }
    }

    @Test("the hot set is what was in RAM, then the most used")
    func hotRows() {
        #expect(heat().hotRows(limit: 10) == [Row(70_000), Row(2), Row(1), Row(4)])
        #expect(heat().hotRows(limit: 1) == [Row(70_000)])
    }

    @Test("after a reopen RAM is filled again with what was hot", arguments: [StackFixture.Kind.local, .remote])
    func refill(kind: StackFixture.Kind) throws {
        let folder = try TemporaryFolder()
        var options = StackFixture.Options(kind: kind, rows: 1_000, dimension: 128)
        options.ramSlots = 60
        var hot: Set<Row> = []
        do {
            let fixture = try StackFixture(options, folder: folder)
            for _ in 0..<5 {
                try fixture.query(fixture.vectors[0], fixture.rows(0..<20))
                fixture.stack.drain()
            }
            for start in stride(from: 20, to: 920, by: 50) {
                try fixture.query(fixture.vectors[start], fixture.rows(start..<(start + 50)))
                fixture.stack.drain()
            }
            hot = Set(fixture.rows(0..<1_000).filter { fixture.stack.residency.slot(of: $0) != nil })
            #expect(Set(fixture.rows(0..<20)).isSubset(of: hot))
            try fixture.stack.saveHeat(to: folder.path + "/heat", generation: 1, rowCount: 1_000)
            fixture.stack.close()
        }
        let fixture = try StackFixture(options, folder: folder)
        fixture.stack.loadHeat(from: folder.path + "/heat", generation: 1)
        fixture.stack.drain()
        #expect(fixture.stack.residency.uses(of: Row(0)) >= 4)
        let again = Set(fixture.rows(0..<1_000).filter { fixture.stack.residency.slot(of: $0) != nil })
        #expect(again.count == 60)
        #expect(again.intersection(hot).count >= 55)
        fixture.stack.checkInvariants()
        try fixture.query(fixture.vectors[0], fixture.rows(0..<20))
    }
}
