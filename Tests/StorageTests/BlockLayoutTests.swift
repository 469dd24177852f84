import Testing
import Vectors

@testable import Storage

@Suite("Row blocks")
struct BlockLayoutTests {
    private static func seal(_ layout: BlockLayout, rows: [UInt32], _ values: [Float]) -> [UInt8] {
        var block = [UInt8](repeating: 0xee, count: layout.byteCount)
        unsafe block.withUnsafeMutableBytes { block in
            unsafe values.withUnsafeBufferPointer { values in
                if let start = values.baseAddress {
                    unsafe layout.seal(block, generation: 3, rows: rows, vectors: start)
                }
            }
        }
        return block
    }

    private func isSound(_ layout: BlockLayout, _ block: [UInt8], generation: UInt32 = 3) -> Bool {
        unsafe block.withUnsafeBytes { unsafe layout.isSound($0, generation: generation) }
    }

    @Test("in every dimension blocks fill whole pages, vectors lie at 64 bytes, and little is wasted")
    func geometry() {
        for dimension in 1...4096 {
            let layout = BlockLayout(dimension: dimension)
            #expect((layout.byteCount + 16) % 4096 == 0 && layout.byteCount >= 16 * 4096 - 16)
            #expect((layout.vectorOffset + 16) % 64 == 0 && layout.vectorOffset >= 48 + 4 * layout.rowsPerBlock)
            let used = layout.rowsPerBlock * dimension * 4
            #expect(layout.rowsPerBlock >= 1 && layout.vectorOffset + used <= layout.byteCount)
            // A row number beside a vector of a few values is no waste.
            if dimension >= 64 { #expect(Double(used) / Double(layout.byteCount) > 0.93, "dimension \(dimension)") }
        }
        #expect(BlockLayout(dimension: 128).rowsPerBlock == 126)
        #expect(BlockLayout(dimension: 384).rowsPerBlock * 384 * 4 > 61_000)
    }

    @Test("a block has the bytes that are drawn")
    func golden() {
        let layout = BlockLayout(dimension: 2)
        let block = Self.seal(layout, rows: [7, 258], [1, 2, -1, 0.5])
        #expect(block[0..<16] == [0x4d, 0x56, 0x42, 0x31, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0])
        #expect(block[24..<48].allSatisfy { $0 == 0 })
        #expect(block[48..<60] == [7, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0])
        let at = layout.vectorOffset
        #expect(block[at..<at + 16] == [0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 128, 191, 0, 0, 0, 63])
        #expect(block[(at + 16)...].allSatisfy { $0 == 0 })
        #expect(unsafe block.withUnsafeBytes { unsafe layout.rows($0) } == [7, 258])
    }

    @Test("a block is sound as it was sealed, and in no other length, generation, layout or bit")
    func soundness() {
        let layout = BlockLayout(dimension: 3)
        let rows = (0..<UInt32(layout.rowsPerBlock)).map { $0 + 10 }
        let block = Self.seal(layout, rows: rows, (0..<3 * rows.count).map { Float($0) })
        #expect(isSound(layout, block))
        #expect(!isSound(layout, block, generation: 4))
        #expect(!isSound(BlockLayout(dimension: 4), block))
        #expect(!isSound(layout, Array(block.dropLast())) && !isSound(layout, []))
        var bits = Array(0..<64 * 8) + [8 * layout.vectorOffset, 8 * block.count - 1]
        var random = SeededGenerator(seed: 5)
        bits += (0..<500).map { _ in random.below(8 * block.count) }
        for bit in bits {
            var changed = block
            changed[bit / 8] ^= UInt8(1 << (bit % 8))
            #expect(!isSound(layout, changed), "bit \(bit)")
        }
    }

    @Test("the table gives the address that was set, nothing where none was, nothing once it is cleared")
    func table() throws {
        let table = try BlockTable()
        let bytes = [UInt8](repeating: 0, count: 8)
        unsafe bytes.withUnsafeBytes { bytes in
            for block in [UInt32(0), 1, 65_535, 65_536, 1_000_000] {
                #expect(unsafe table.address(block) == nil)
                #expect(errorCode { unsafe try table.set(block, bytes.baseAddress) } == nil)
                #expect(unsafe table.address(block) == bytes.baseAddress)
                #expect(errorCode { unsafe try table.set(block, nil) } == nil)
                #expect(unsafe table.address(block) == nil)
            }
        }
        #expect(table.byteCount == 3 * 65_536 * 8)
    }

    @Test("the lookup table of a store leads to the same vectors as its transactions", arguments: [3, 128, 384])
    func addresses(dimension: Int) throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder.path, dimension: dimension)
        for round in 0..<3 { try store.fill(100 + round, prefix: "r\(round)-") }
        let size = store.layout.rowsPerBlock
        try store.read { reader in
            for number in 0..<(303 / size * size) {
                let address = unsafe try #require(store.blockTable.address(UInt32(number / size)))
                let at = store.layout.vectorOffset + number % size * dimension * 4
                let first = unsafe (address + at).load(as: Float.self)
                #expect(unsafe UInt(bitPattern: address + store.layout.vectorOffset) % 64 == 0)
                let found = try reader.withVector(of: Row(UInt32(number))) { $0[0] }
                #expect(found == first)
            }
        }
    }
}
