internal import CFaiss
internal import CKernels
internal import Glibc
public import Storage
internal import Synchronization
public import Vectors

/// An IVF-PQ index in RAM: lists of our own, scanned by our kernels; trained, written and read by FAISS.
///
/// One writer adds; any number of readers search meanwhile, without a lock. A list that is full is replaced by a larger
/// one, and the old is freed when no reader is left that could see it (``EpochGate``). Dead rows stay in the lists
/// until ``sweep(_:)`` and are skipped by their live bit.
// Sendable is true because `lists` holds atomics that only the writer (`writer`) changes, and what they point to is
// retired through the gate. @safe because rows, lists and codes are checked before they reach a kernel.
@safe public final class IVFPQIndex: @unchecked Sendable {
    public let quantizer: Quantizer
    private let gate: EpochGate
    private let lists: UnsafeMutablePointer<UnsafeMutablePointer<mv_list>?>
    /// Entries and bytes of all lists; its lock is what makes writers take turns.
    private let writer = Mutex(Totals())
    private let idleScratch = Mutex<[Scratch]>([])

    struct Totals {
        var entryCount = 0
        var byteCount = 0
    }

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
        for list in 0..<quantizer.settings.listCount { unsafe free(lists[list]) }
        unsafe lists.deallocate()
        for scratch in idleScratch.withLock({ $0 }) { unsafe mv_scratch_destroy(scratch.pointer) }
    }

    public var training: UInt32 { quantizer.training }
    public var factory: String { quantizer.settings.factory }
    /// Rows in the lists, dead ones that are not swept included.
    public var rowCount: Int { writer.withLock { $0.entryCount } }

    /// Bytes as allocated: lists with their slack, the quantiser, the table of lists.
    public var byteCount: Int {
        writer.withLock { $0.byteCount } + quantizer.byteCount + 8 * quantizer.settings.listCount
    }

    /// Adds coded rows. Later searches find them.
    ///
    /// - Throws: ``IndexError/outOfMemory(byteCount:)``; rows before the one that failed are in.
    public func add(_ rows: [Row], _ codes: RowCodes) throws(IndexError) {
        try add(rows, codes, exactly: 0)
    }

    /// The same; a list that is made for them has room for `capacity` entries at least.
    func add(_ rows: [Row], _ codes: RowCodes, exactly capacity: Int) throws(IndexError) {
        precondition(codes.training == training && codes.count == rows.count, "codes of another training")
        let result: Result<Void, IndexError> = unsafe codes.codes.withUnsafeBufferPointer { bytes in
            writer.withLock { totals in
                do throws(IndexError) {
                    for (i, row) in rows.enumerated() {
                        guard let base = bytes.baseAddress else { break }
                        unsafe try append(row, codes.lists[i], base + i * codes.codeBytes, capacity, &totals)
                    }
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
        }
        try result.get()
    }

    /// The `count` rows of least estimate among the `nprobe` lists nearest to `prepared`, ascending, ties by row.
    ///
    /// Only rows that are live, and in `among` unless it is nil.
    /// - Complexity: all centroids, then the entries of the lists. No lock; an epoch is pinned.
    public func candidates(
        for prepared: [Float], count: Int, nprobe: Int, among: RowSet? = nil, live: LiveRows
    ) throws(IndexError) -> [Candidate] {
        precondition(prepared.count == quantizer.width, "\(prepared.count) values")
        if let among, among.words.isEmpty { return [] }
        let scratch = try takeScratch()
        defer { idleScratch.withLock { $0.append(scratch) } }
        var found = [mv_candidate](repeating: mv_candidate(), count: count)
        let selector = among?.words ?? []
        let number = gate.pinned {
            unsafe live.withTable { live in
                unsafe prepared.withUnsafeBufferPointer { query in
                    unsafe selector.withUnsafeBufferPointer { bits in
                        var search = unsafe mv_search(
                            query: query.baseAddress, nprobe: UInt32(clamping: nprobe), limit: UInt32(clamping: count),
                            live: UnsafePointer(live), selector: among == nil ? nil : bits.baseAddress,
                            selector_rows: UInt64(bits.count * 64))
                        var kernel = unsafe quantizer.kernel
                        unsafe kernel.lists = unsafe lists
                        return unsafe mv_ivf_search(&kernel, &search, scratch.pointer, &found, nil)
                    }
                }
            }
        }
        guard number >= 0 else { throw .outOfMemory(byteCount: quantizer.settings.listCount * 8) }
        return found[..<Int(number)].map { Candidate(row: Row($0.row), estimate: $0.estimate) }
    }

    /// Rebuilds the lists whose dead share is over a quarter, without their dead rows. Gives how many rows went.
    public func sweep(_ live: LiveRows) throws(IndexError) -> Int {
        let result: Result<Int, IndexError> = writer.withLock { totals in
            var swept = 0
            for number in 0..<quantizer.settings.listCount {
                guard let old = unsafe lists[number], let rows = unsafe mv_list_rows(old) else { continue }
                let count = unsafe Int(old.pointee.count)
                let dead = (0..<count).count { !live.contains(Row(unsafe rows[$0])) }
                guard dead * 4 > count else { continue }
                guard let new = unsafe mv_list_create(UInt32(count - dead), old.pointee.m) else {
                    return .failure(.outOfMemory(byteCount: count * 72))
                }
                guard let terms = unsafe mv_list_terms(old), let codes = unsafe mv_list_codes(old) else { continue }
                for i in 0..<count where live.contains(Row(unsafe rows[i])) {
                    unsafe mv_list_append(new, rows[i], terms[i], codes + i * Int(old.pointee.m))
                }
                unsafe replace(number, old, new, &totals)
                totals.entryCount -= dead
                swept += dead
            }
            return .success(swept)
        }
        return try result.get()
    }

    public func rowsHeld() throws(IndexError) -> RowSet {
        var held = RowSet()
        unsafe try forEachList { (_, rows, _) throws(IndexError) in
            for i in 0..<rows.count { held.insert(Row(unsafe rows[i])) }
        }
        return held
    }

    /// The same codes under other row numbers, in an index of its own; rows that `number` gives nil are left out.
    public func renumbered(_ number: (Row) -> Row?) throws(IndexError) -> IVFPQIndex {
        let other = IVFPQIndex(quantizer: quantizer, gate: gate)
        let m = quantizer.settings.codeBytes
        unsafe try forEachList { (list, rows, bytes) throws(IndexError) in
            var kept: [Row] = []
            var codes = RowCodes(training: training, codeBytes: m)
            for i in 0..<rows.count {
                guard let row = number(Row(unsafe rows[i])) else { continue }
                kept.append(row)
                codes.lists.append(list)
                codes.errors.append(0)
                unsafe codes.codes.append(contentsOf: unsafe UnsafeBufferPointer(start: bytes + i * m, count: m))
            }
            try other.add(kept, codes, exactly: kept.count)
        }
        return other
    }

    /// Calls `body` with each list's rows and codes. Writers wait meanwhile, readers do not.
    func forEachList(
        _ body: (UInt32, UnsafeBufferPointer<UInt32>, UnsafePointer<UInt8>) throws(IndexError) -> Void
    ) throws(IndexError) {
        let result: Result<Void, IndexError> = writer.withLock { _ in
            do throws(IndexError) {
                for number in 0..<quantizer.settings.listCount {
                    guard let list = unsafe lists[number] else { continue }
                    let rows = unsafe UnsafeBufferPointer(start: mv_list_rows(list), count: Int(list.pointee.count))
                    unsafe try body(UInt32(number), rows, UnsafePointer(mv_list_codes(list)))
                }
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private func append(
        _ row: Row, _ number: UInt32, _ code: UnsafePointer<UInt8>, _ capacityLeast: Int, _ totals: inout Totals
    ) throws(IndexError) {
        guard Int(number) < quantizer.settings.listCount else {
            throw .faiss(operation: "add \(row)", text: "list \(number) does not exist")
        }
        var list = unsafe lists[Int(number)]
        let count = unsafe list?.pointee.count ?? 0
        if unsafe list == nil || list?.pointee.capacity == count {
            // A quarter more each time: lists hold hundreds of rows, and slack is memory that users count.
            let capacity = max(8, count + count / 4, UInt32(clamping: capacityLeast))
            guard let larger = unsafe mv_list_create(capacity, UInt32(quantizer.settings.codeBytes)) else {
                throw .outOfMemory(byteCount: mv_list_bytes(capacity, UInt32(quantizer.settings.codeBytes)))
            }
            if let old = unsafe list { unsafe mv_list_copy(larger, old) }
            unsafe replace(Int(number), list, larger, &totals)
            unsafe list = unsafe larger
        }
        var kernel = unsafe quantizer.kernel
        unsafe mv_list_append(list, row.number, mv_ivf_term(&kernel, number, code), code)
        totals.entryCount += 1
    }

    private func replace(
        _ number: Int, _ old: UnsafeMutablePointer<mv_list>?, _ new: UnsafeMutablePointer<mv_list>,
        _ totals: inout Totals
    ) {
        unsafe mv_list_publish(lists + number, new)
        totals.byteCount += unsafe mv_list_bytes(new.pointee.capacity, new.pointee.m)
        guard let old = unsafe old else { return }
        totals.byteCount -= unsafe mv_list_bytes(old.pointee.capacity, old.pointee.m)
        let retired = unsafe RetiredList(pointer: old)
        gate.retire { unsafe free(retired.pointer) }
    }

    @safe private struct RetiredList: @unchecked Sendable {
        let pointer: UnsafeMutablePointer<mv_list>
    }

    private func takeScratch() throws(IndexError) -> Scratch {
        if let scratch = idleScratch.withLock({ $0.popLast() }) { return scratch }
        guard let pointer = unsafe mv_scratch_create() else { throw .outOfMemory(byteCount: 64) }
        return unsafe Scratch(pointer: pointer)
    }
}
