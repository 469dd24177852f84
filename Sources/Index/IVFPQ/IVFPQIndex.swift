internal import CKernels
public import Storage
internal import Synchronization
public import Vectors

/// An IVF-PQ index in RAM: lists of our own, scanned by our kernels; trained, written and read by FAISS.
///
/// One writer adds; any number of readers search meanwhile, without a lock. A list that is full is replaced by a larger
/// one, and the old is freed when no reader is left that could see it (``EpochGate``). Dead rows stay in the lists
/// until ``sweep(_:)`` and are skipped by their live bit.
///
/// Not for few rows: below some thousands an exact scan is as fast and always right.
// Sendable is true because `lists` holds atomics that only the writer (`writer`) changes, and what they point to is
// retired through the gate. @safe because rows, lists and codes are checked before they reach a kernel.
@safe public final class IVFPQIndex: @unchecked Sendable {
    public let quantizer: Quantizer
    let gate: EpochGate
    /// A place for each list of the quantiser; nil while it is empty. Owned, written in init and by the writer.
    let lists: UnsafeMutablePointer<UnsafeMutablePointer<mv_list>?>
    /// Makes writers take turns. No search takes it.
    let writer = Mutex<Void>(())
    /// Of all lists. Changed under `writer`.
    let entryCount = Atomic<Int>(0)
    let listByteCount = Atomic<Int>(0)
    /// What searches need beside the lists: one for each that ran at the same time. Guarded by the mutex.
    private let idleScratch = Mutex<[Scratch]>([])

    /// Memory of one search. Used by one thread at a time.
    @safe private struct Scratch: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    public init(quantizer: Quantizer, gate: EpochGate) {
        self.quantizer = quantizer
        self.gate = gate
        unsafe lists = .allocate(capacity: quantizer.settings.listCount)
        unsafe lists.initialize(repeating: nil, count: quantizer.settings.listCount)
    }

    deinit {
        for list in 0..<quantizer.settings.listCount { unsafe mv_list_destroy(lists[list]) }
        unsafe lists.deallocate()
        for scratch in idleScratch.withLock({ $0 }) { unsafe mv_scratch_destroy(scratch.pointer) }
    }

    public var training: UInt32 { quantizer.training }
    public var factory: String { quantizer.settings.factory }
    public var dimension: Int { quantizer.dimension }
    public var listCount: Int { quantizer.settings.listCount }
    /// Rows in the lists, dead ones that are not swept included.
    public var rowCount: Int { entryCount.load(ordering: .relaxed) }

    /// Bytes as allocated: lists with their slack, the quantiser, the table of lists, the memory of searches.
    public var byteCount: Int {
        let scratch = idleScratch.withLock { idle in idle.reduce(0) { unsafe $0 + mv_scratch_bytes($1.pointer) } }
        return listByteCount.load(ordering: .relaxed) + quantizer.byteCount + 8 * listCount + scratch
    }

    public func encode(_ prepared: [Float], threadCount: Int) throws(IndexError) -> RowCodes {
        try quantizer.encode(prepared, threadCount: threadCount)
    }

    /// The `count` rows of least estimate among the `nprobe` lists nearest to `prepared`, ascending, ties by row.
    ///
    /// Only rows that are live, and in `among` unless it is nil. They rank as in FAISS's own search of the same lists.
    /// - Complexity: all centroids, then a bound of each entry of the lists, then the estimates of those that could be
    ///   among the best. No lock is held over it; an epoch is pinned.
    public func candidates(
        for prepared: [Float], count: Int, nprobe: Int, among: RowSet? = nil, live: LiveRows
    ) throws(IndexError) -> [Candidate] {
        precondition(prepared.count == quantizer.width, "\(prepared.count) values")
        let limit = min(count, rowCount)
        if limit <= 0 || nprobe <= 0 || among?.words.isEmpty == true { return [] }
        let scratch = try takeScratch()
        defer { idleScratch.withLock { $0.append(scratch) } }
        var number: Int64 = 0
        let selector = among?.words ?? []
        let found = unsafe [mv_candidate](unsafeUninitializedCapacity: limit) { found, initializedCount in
            number = gate.pinned {
                unsafe live.withTable { live in
                    unsafe prepared.withUnsafeBufferPointer { query in
                        unsafe selector.withUnsafeBufferPointer { bits in
                            var search = unsafe mv_search(
                                query: query.baseAddress, nprobe: UInt32(clamping: nprobe),
                                limit: UInt32(clamping: limit),
                                rows: mv_wanted(
                                    live: UnsafePointer(live), selector: among == nil ? nil : bits.baseAddress,
                                    selector_rows: UInt64(bits.count * 64)))
                            var kernel = unsafe quantizer.kernel
                            unsafe kernel.lists = unsafe lists
                            return unsafe mv_ivf_search(&kernel, &search, scratch.pointer, found.baseAddress, nil)
                        }
                    }
                }
            }
            initializedCount = max(0, Int(number))
        }
        guard number >= 0 else { throw .outOfMemory(byteCount: 8 * (listCount + 2 * limit) + 1280 * listCount) }
        return found.map { Candidate(row: Row($0.row), estimate: $0.estimate) }
    }

    private func takeScratch() throws(IndexError) -> Scratch {
        if let scratch = idleScratch.withLock({ $0.popLast() }) { return scratch }
        guard let pointer = unsafe mv_scratch_create() else { throw .outOfMemory(byteCount: 128) }
        return unsafe Scratch(pointer: pointer)
    }
}
