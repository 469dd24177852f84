internal import CKernels
public import Vectors

/// Which rows are live, for many readers and one writer, without a lock: one bit a row.
///
/// It is a copy in RAM of what the store says. The writer changes it after each commit, so a reader may see a row live
/// that a commit has just killed; what it answers is checked against the store at the end.
// Sendable is true because the table's bits are atomics and its chunks, once there, do not move before deinit; @safe
// because each access is bounded by the table itself.
@safe public final class LiveRows: @unchecked Sendable {
    private let table: UnsafeMutablePointer<mv_table>

    /// - Throws: ``StorageError/outOfMemory(byteCount:)``.
    public init() throws(StorageError) {
        guard let table = unsafe mv_table_create(1) else {
            throw .outOfMemory(byteCount: MemoryLayout<mv_table>.size)
        }
        unsafe self.table = table
    }

    deinit { unsafe mv_table_destroy(table) }

    public func contains(_ row: Row) -> Bool { unsafe mv_bit_test(table, row.number) }

    /// Makes `row` live or dead. Only the writer may call it.
    public func set(_ row: Row, live: Bool) throws(StorageError) {
        if live {
            guard unsafe mv_table_grow(table, row.number) != nil else { throw .outOfMemory(byteCount: 8192) }
            unsafe mv_bit_set(table, row.number)
        } else {
            unsafe mv_bit_clear(table, row.number)
        }
    }

    /// Makes room for the bits of rows `first` to `last`, so that ``set(_:live:)`` of them cannot fail.
    func grow(from first: Row, through last: Row) throws(StorageError) {
        for chunk in first.number >> 16...last.number >> 16 {
            guard unsafe mv_table_grow(table, chunk << 16) != nil else { throw .outOfMemory(byteCount: 8192) }
        }
    }

    /// Replaces the bits from `row`, a multiple of 64, on; the bytes are words as the store keeps them.
    func load(_ bytes: UnsafeRawBufferPointer, from row: Row) throws(StorageError) {
        guard let chunk = unsafe mv_table_grow(table, row.number) else { throw .outOfMemory(byteCount: 8192) }
        unsafe mv_bits_load(chunk, row.number, bytes.baseAddress, bytes.count / 8)
    }

    /// The live rows below `rowCount` as a set of its own.
    public func snapshot(rowCount: Int) -> RowSet {
        var words = [UInt64](repeating: 0, count: (rowCount + 63) / 64)
        unsafe words.withUnsafeMutableBufferPointer { unsafe mv_bits_copy(table, 0, $0.baseAddress, $0.count) }
        return RowSet(words: words)
    }

    public var byteCount: Int { unsafe mv_table_bytes(table) }

    /// For kernels that test bits while they scan: the table, alive as long as `self`.
    public func withTable<R>(_ body: (OpaquePointer) throws -> R) rethrows -> R {
        try unsafe body(OpaquePointer(table))
    }
}
