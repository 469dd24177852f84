internal import CKernels
internal import Glibc
internal import Vectors

/// The RAM tier's memory: slots of one size in one mapping, and beside it the row that each slot holds.
///
/// It knows nothing of who may write when; the tier sees to it that a slot is written only while no query can see it.
// Sendable is true because the pointers are set once, row numbers are atomics, and the bytes of a slot are written
// only between its return by the epoch gate and the release store of its row number; @safe because each access is
// bounded by `slotCount` and `dimension`.
@safe final class Slab: @unchecked Sendable {
    /// Slots begin at multiples of 32 bytes: an AVX2 load never crosses two cache lines.
    private static let alignment = 32

    let slotCount: Int
    let dimension: Int
    /// Floats from one slot to the next.
    let stride: Int
    private let mapping: UnsafeMutableRawPointer?
    private let rows: UnsafeMutablePointer<UInt32>

    var byteCount: Int { slotCount * stride * MemoryLayout<Float>.size }

    static func stride(dimension: Int) -> Int {
        let perAlignment = alignment / MemoryLayout<Float>.size
        return (dimension + perAlignment - 1) / perAlignment * perAlignment
    }

    /// - Throws: ``TierError/outOfMemory(what:byteCount:)``.
    init(budgetBytes: Int, dimension: Int) throws(TierError) {
        self.dimension = dimension
        stride = Self.stride(dimension: dimension)
        // 2^31 slots: slot + 1 stays below 2^32 and heap positions below 2^31.
        slotCount = min(max(0, budgetBytes) / (stride * MemoryLayout<Float>.size), 1 << 31 - 1)
        let byteCount = slotCount * stride * MemoryLayout<Float>.size
        if byteCount == 0 {
            unsafe mapping = nil
        } else {
            let protection = PROT_READ | PROT_WRITE
            let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
            guard let mapped = unsafe mmap(nil, byteCount, protection, flags, -1, 0), unsafe mapped != MAP_FAILED else {
                throw .outOfMemory(what: "RAM tier (--ram-budget)", byteCount: byteCount)
            }
            // 200 candidates in 200 places want 200 translations: large pages keep most of them in the TLB.
            if byteCount >= 64 << 20 { unsafe madvise(mapped, byteCount, MADV_HUGEPAGE) }
            unsafe mapping = mapped
        }
        // All free, and not there until they are used.
        unsafe rows = ZeroedArray<UInt32>.zeroed(slotCount)
    }

    deinit {
        if let mapping = unsafe mapping { unsafe munmap(mapping, byteCount) }
        unsafe free(rows)
    }

    func row(in slot: SlotIndex) -> Row? {
        precondition(slot.index < slotCount, "\(slot) of \(slotCount)")
        let row = unsafe mv_slot_row(rows, slot.number)
        return row == MV_SLOT_FREE ? nil : Row(row)
    }

    /// Release: who sees the row sees the bytes that were written before.
    func setRow(_ row: Row?, in slot: SlotIndex) {
        precondition(slot.index < slotCount, "\(slot) of \(slotCount)")
        unsafe mv_slot_set_row(rows, slot.number, row?.number ?? MV_SLOT_FREE)
    }

    /// `vector` has `dimension` values. Only while no query can see the slot.
    func write(_ vector: Span<Float>, to slot: SlotIndex) {
        precondition(vector.count == dimension, "\(vector.count) values for slots of \(dimension)")
        let target = unsafe floats(of: slot)
        unsafe vector.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe target.update(from: start, count: dimension)
        }
    }

    /// The caller holds the epoch, or knows that the slot is not given out again meanwhile.
    func withVector<R, E: Error>(in slot: SlotIndex, _ body: (Span<Float>) throws(E) -> R) throws(E) -> R {
        let start = unsafe floats(of: slot)
        return try unsafe body(UnsafeBufferPointer(start: start, count: dimension).span)
    }

    /// For kernels: the first slot (nil when there is none) and the slots' rows, alive as long as `self`.
    func withKernelView<R, E: Error>(
        _ body: (UnsafePointer<Float>?, UnsafePointer<UInt32>) throws(E) -> R
    ) throws(E) -> R {
        try unsafe body(UnsafePointer(mapping?.assumingMemoryBound(to: Float.self)), UnsafePointer(rows))
    }

    private func floats(of slot: SlotIndex) -> UnsafeMutablePointer<Float> {
        precondition(slot.index < slotCount, "\(slot) of \(slotCount)")
        guard let mapping = unsafe mapping else { preconditionFailure("a slab without slots") }
        return unsafe mapping.assumingMemoryBound(to: Float.self) + slot.index * stride
    }
}
