internal import CKernels

/// The one format of row blocks, in the store of a local collection and in the warm tier of a remote one.
///
/// A block is one LMDB value. LMDB puts a large value on contiguous pages behind a page header of 16 bytes, so a value
/// of `k * 4096 - 16` bytes fills k pages exactly, and blocks of one k reuse each other's pages.
///
///     offset   bytes              what
///     0        4                  "MVB1"
///     4        4                  generation of the folder
///     8        4                  rows held, 1 ... rowsPerBlock
///     12       4                  dimension
///     16       8                  XXH3-64 of everything from offset 24 to the end, its seed generation << 32 | rows
/// held
///     24       24                 zero
///     48       4 x rowsPerBlock   row numbers, in the order of the vectors
///     vectorOffset                rowsPerBlock x dimension float32; at 64 bytes' alignment in the file
///     ...                         zero to the end
///
/// Numbers are little-endian.
public struct BlockLayout: Sendable, Equatable {
    public static let magic: UInt32 = 0x3142_564D
    static let pageBytes = 4096
    static let pageHeaderBytes = 16
    static let headerBytes = 48
    /// Where the row numbers begin in the block.
    public static let numbersOffset = headerBytes
    /// Below this a block is no cheaper to read; above it a block wastes a read of one row.
    static let pagesLeast = 16, pagesMost = 68

    public let dimension: Int
    public let rowsPerBlock: Int
    /// Of one block as LMDB stores it.
    public let byteCount: Int
    /// Where the first vector begins in the block.
    public let vectorOffset: Int

    /// The number of pages from 16 up that leaves the least unused, for `dimension` 1...4,096.
    public init(dimension: Int) {
        precondition((1...4096).contains(dimension), "dimension \(dimension)")
        var best: (waste: Double, pages: Int, rows: Int)?
        for pages in Self.pagesLeast...Self.pagesMost {
            let bytes = pages * Self.pageBytes - Self.pageHeaderBytes
            var rows = (bytes - Self.headerBytes) / (4 * dimension + 4)
            while rows > 0, Self.vectorOffset(rows) + rows * 4 * dimension > bytes { rows -= 1 }
            guard rows > 0 else { continue }
            let waste = 1 - Double(rows * 4 * dimension) / Double(bytes)
            // A larger block has to be clearly better.
            if best.map({ waste < $0.waste - 0.01 }) ?? true { best = (waste, pages, rows) }
        }
        let (pages, rows) = best.map { ($0.pages, $0.rows) } ?? (Self.pagesMost, 1)
        self.dimension = dimension
        rowsPerBlock = rows
        byteCount = pages * Self.pageBytes - Self.pageHeaderBytes
        vectorOffset = Self.vectorOffset(rows)
    }

    /// The offset of the vectors behind `rows` row numbers, so that they lie at a multiple of 64 in the file.
    private static func vectorOffset(_ rows: Int) -> Int {
        (headerBytes + 4 * rows + pageHeaderBytes + 63) / 64 * 64 - pageHeaderBytes
    }

    /// Writes a block: `rows[i]`'s vector is `vectors[i * dimension ..< (i + 1) * dimension]`.
    public func seal(
        _ block: UnsafeMutableRawBufferPointer, generation: UInt32, rows: [UInt32], vectors: UnsafePointer<Float>
    ) {
        precondition(block.count == byteCount && (1...rowsPerBlock).contains(rows.count))
        let head = unsafe UnsafeMutableRawBufferPointer(rebasing: block[..<vectorOffset])
        unsafe _ = head.initializeMemory(as: UInt8.self, repeating: 0)
        unsafe block.storeBytes(of: Self.magic.littleEndian, toByteOffset: 0, as: UInt32.self)
        unsafe block.storeBytes(of: generation.littleEndian, toByteOffset: 4, as: UInt32.self)
        unsafe block.storeBytes(of: UInt32(rows.count).littleEndian, toByteOffset: 8, as: UInt32.self)
        unsafe block.storeBytes(of: UInt32(dimension).littleEndian, toByteOffset: 12, as: UInt32.self)
        for (i, row) in rows.enumerated() {
            unsafe block.storeBytes(of: row.littleEndian, toByteOffset: Self.headerBytes + 4 * i, as: UInt32.self)
        }
        let used = rows.count * dimension * 4
        let target = unsafe UnsafeMutableRawBufferPointer(rebasing: block[vectorOffset..<vectorOffset + used])
        unsafe target.copyMemory(from: UnsafeRawBufferPointer(start: vectors, count: used))
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: block[(vectorOffset + used)...])
        unsafe _ = rest.initializeMemory(as: UInt8.self, repeating: 0)
        let sum = unsafe checksum(UnsafeRawBufferPointer(block), generation: generation, count: rows.count)
        unsafe block.storeBytes(of: sum.littleEndian, toByteOffset: 16, as: UInt64.self)
    }

    /// Whether the bytes are a block of this layout and generation, unchanged since it was sealed.
    public func isSound(_ block: UnsafeRawBufferPointer, generation: UInt32) -> Bool {
        guard block.count == byteCount else { return false }
        let count = unsafe Int(word(block, 8))
        return unsafe word(block, 0) == Self.magic && word(block, 4) == generation && (1...rowsPerBlock).contains(count)
            && word(block, 12) == UInt32(dimension)
            && block.loadUnaligned(fromByteOffset: 16, as: UInt64.self).littleEndian
                == checksum(block, generation: generation, count: count)
    }

    /// The row numbers of a sound block, in order.
    public func rows(_ block: UnsafeRawBufferPointer) -> [UInt32] {
        unsafe (0..<min(Int(word(block, 8)), rowsPerBlock)).map { unsafe word(block, Self.headerBytes + 4 * $0) }
    }

    private func word(_ block: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
        unsafe block.loadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian
    }

    private func checksum(_ block: UnsafeRawBufferPointer, generation: UInt32, count: Int) -> UInt64 {
        guard let start = block.baseAddress, block.count > 24 else { return 0 }
        return unsafe mv_hash64(start + 24, block.count - 24, UInt64(generation) << 32 | UInt64(count))
    }
}
