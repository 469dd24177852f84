import Testing
import Vectors

@testable import Tiers

@Suite("Residency table")
struct ResidencyTests {
    @Test("a row that was never set is nowhere, cold and unpinned, also past the table's end")
    func zeroed() throws {
        let table = try ResidencyTable()
        try table.grow(through: Row(70_000))
        for row in [Row(0), Row(69_999), Row(200_000), Row(UInt32.max)] {
            #expect(table.slot(of: row) == nil)
            #expect(table.place(of: row) == nil)
            #expect(table.uses(of: row) == 0)
            #expect(table.codeError(of: row) == 0)
            #expect(!table.isPinned(row))
        }
        #expect(table.byteCount == 2 << 20)
    }

    @Test("fields of one entry do not disturb each other")
    func fields() throws {
        let table = try ResidencyTable()
        try table.grow(through: Row(9))
        let row = Row(7)
        table.setSlot(of: row, to: SlotIndex(0))
        table.setPlace(of: row, to: 0)
        table.setCodeError(of: row, to: 255)
        table.setConfirmedTick(of: row, to: 65_535)
        #expect(table.setPinned(row, true))
        #expect(!table.setPinned(row, true))
        table.countUse(of: row)
        #expect(table.slot(of: row) == SlotIndex(0))
        #expect(table.place(of: row) == 0)
        #expect(table.codeError(of: row) == 255)
        #expect(table.confirmedTick(of: row) == 65_535)
        #expect(table.isPinned(row))
        #expect(table.uses(of: row) == 1)
        table.setSlot(of: row, to: nil)
        table.clearPlace(of: row, ifAt: 5)
        #expect(table.place(of: row) == 0)
        table.clearPlace(of: row, ifAt: 0)
        #expect(table.place(of: row) == nil && table.slot(of: row) == nil)
        #expect(table.codeError(of: row) == 255)
        #expect(table.uses(of: Row(6)) == 0 && table.uses(of: Row(8)) == 0)
    }

    @Test("uses are halved once an era, when they are read, and stop at their limit")
    func ageing() throws {
        let table = try ResidencyTable()
        try table.grow(through: Row(9))
        for _ in 0..<100 { table.countUse(of: Row(1)) }
        #expect(table.uses(of: Row(1)) == 100)
        table.beginEra()
        #expect(table.uses(of: Row(1)) == 50)
        table.beginEra()
        table.beginEra()
        #expect(table.countUse(of: Row(1)) == 13)
        for _ in 0..<20 { table.beginEra() }
        #expect(table.uses(of: Row(1)) == 0)
        for _ in 0..<65_560 { table.countUse(of: Row(2)) }
        #expect(table.uses(of: Row(2)) == 65_535)
    }

    @Test("an era ends after as many uses as it should have")
    func eras() throws {
        let table = try ResidencyTable()
        try table.grow(through: Row(9))
        table.usesPerEra = 10
        for _ in 0..<9 { table.countUse(of: Row(1)) }
        #expect(table.uses(of: Row(1)) == 9)
        table.countUse(of: Row(2))
        #expect(table.uses(of: Row(1)) == 4)
        #expect(table.uses(of: Row(2)) == 1)
    }
}
