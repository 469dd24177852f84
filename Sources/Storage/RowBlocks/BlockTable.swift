internal import CKernels

/// Where each block lies in the map, by its number: so that a kernel needs no B-tree to reach a vector.
///
/// A block never moves while it exists: LMDB moves tree pages when it writes, not the pages of a large value. So an
/// address holds from the commit that made the block to the commit that deletes it, under two rules:
/// * a reader loads addresses inside an open read transaction of the environment, and uses them before that ends;
/// * a writer clears the address before it commits the deletion. A reader that still found it began before that
///   commit, and LMDB reuses no page that such a reader can see.
// Sendable is true because entries are atomics and chunks do not move before deinit; @safe because what the addresses
// point to is read only by kernels, under the rules above.
@safe public final class BlockTable: @unchecked Sendable {
    private let table: UnsafeMutablePointer<mv_table>

    public init() throws(StorageError) {
        guard let table = unsafe mv_table_create(64) else {
            throw .outOfMemory(byteCount: MemoryLayout<mv_table>.size)
        }
        unsafe self.table = table
    }

    deinit { unsafe mv_table_destroy(table) }

    /// Makes room for the address of `block`, so that ``set(_:_:)`` of it cannot fail.
    func grow(through block: UInt32) throws(StorageError) {
        guard unsafe mv_table_grow(table, block) != nil else { throw .outOfMemory(byteCount: 8 * 65_536) }
    }

    /// Only the writer may call it. Nil clears.
    func set(_ block: UInt32, _ address: UnsafeRawPointer?) throws(StorageError) {
        guard let chunk = unsafe mv_table_grow(table, block) else { throw .outOfMemory(byteCount: 8 * 65_536) }
        unsafe mv_address_store(chunk, block, address)
    }

    /// The address of the block; nil where there is none.
    func address(_ block: UInt32) -> UnsafeRawPointer? { unsafe mv_address_load(table, block) }

    public var byteCount: Int { unsafe mv_table_bytes(table) }

    /// For kernels: the `mv_table` of addresses, alive as long as `self`.
    public func withTable<R>(_ body: (OpaquePointer) throws -> R) rethrows -> R {
        try unsafe body(OpaquePointer(table))
    }
}
