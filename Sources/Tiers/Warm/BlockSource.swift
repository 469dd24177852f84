internal import CKernels
public import Storage
public import Vectors

/// Row blocks that a lookup can read in place: the store of a local collection, or the warm tier of a remote one.
public protocol BlockSource: AnyObject, Sendable {
    var layout: BlockLayout { get }

    /// Whether block b holds rows b * R ..< (b + 1) * R, so that a row's place is its number and needs no entry.
    var placesAreRows: Bool { get }

    /// Runs `body` inside a read transaction with the table of blocks, whose addresses hold until it returns; nil when
    /// there are none. Not async: no transaction is held across an `await`.
    func reading<R>(_ body: (BlockTable?) throws -> R) throws -> R

    /// Calls `body` with the vector of a row that is in no block (yet); false when there is no such row.
    func withLooseVector(of row: Row, _ body: (Span<Float>) -> Void) -> Bool
}

extension Store: BlockSource {
    public var placesAreRows: Bool { true }

    public func reading<R>(_ body: (BlockTable?) throws -> R) throws -> R {
        try read { _ in try body(shape.holdsVectors ? blockTable : nil) }
    }

    public func withLooseVector(of row: Row, _ body: (Span<Float>) -> Void) -> Bool {
        guard shape.holdsVectors else { return false }
        // A store that cannot be read has no vector to give: the row counts as missing.
        let found = try? read { reader in
            try reader.withVector(of: row) { vector in
                body(vector)
                return true
            }
        }
        return found.flatMap { $0 } ?? false
    }
}

/// Vectors by row out of a block source, for copies into RAM.
struct BlockVectors: VectorSource {
    let source: any BlockSource
    let residency: ResidencyTable

    func forEachVector(of rows: [Row], _ body: (Int, Span<Float>) -> Void) {
        let dimension = source.layout.dimension
        var loose: [Int] = []
        // A source that cannot be read gives nothing: these rows stay where they are.
        try? source.reading { table in
            unsafe residency.withTable { entries in
                unsafe withTiers(source, table, entries) { tiers in
                    for (index, row) in rows.enumerated() {
                        if let start = unsafe mv_block_vector(tiers, dimension, row.number) {
                            body(index, unsafe UnsafeBufferPointer(start: start, count: dimension).span)
                        } else {
                            loose.append(index)
                        }
                    }
                }
            }
        }
        for index in loose { _ = source.withLooseVector(of: rows[index]) { body(index, $0) } }
    }
}

/// What the lookup kernel reads, without a slab.
private func withTiers(
    _ source: any BlockSource, _ table: BlockTable?, _ entries: UnsafeMutablePointer<mv_table>,
    _ body: (UnsafePointer<mv_tiers>) -> Void
) {
    guard let table else { return }
    unsafe table.withTable { blocks in
        var tiers = unsafe mv_tiers()
        unsafe tiers.residency = unsafe UnsafePointer(entries)
        unsafe tiers.setBlocks(blocks, source.layout, placesAreRows: source.placesAreRows)
        unsafe body(&tiers)
    }
}

extension mv_tiers {
    mutating func setBlocks(_ table: OpaquePointer, _ layout: BlockLayout, placesAreRows: Bool) {
        unsafe blocks = unsafe UnsafePointer(table)
        unsafe rows_per_block = UInt32(layout.rowsPerBlock)
        unsafe numbers_offset = UInt32(BlockLayout.numbersOffset)
        unsafe vector_offset = UInt32(layout.vectorOffset)
        unsafe place_is_row = placesAreRows
    }
}
