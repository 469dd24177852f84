internal import CKernels
public import Storage
internal import Synchronization
public import Vectors

extension IVFPQIndex {
    /// Adds coded rows. Later searches find them.
    ///
    /// - Throws: ``IndexError/foreignCodes(why:)``, and nothing is in; ``IndexError/outOfMemory(byteCount:)``, and some
    ///   rows may be in.
    /// - Complexity: a row's code and term; a list that is full is copied once into one an eighth larger.
    public func add(_ rows: [Row], _ codes: RowCodes) throws(IndexError) {
        try check(codes, rowCount: rows.count)
        let m = codes.codeBytes
        let result: Result<Void, IndexError> = writer.withLock { _ in
            do throws(IndexError) {
                for group in groups(of: codes.lists) {
                    let number = codes.lists[group[0]]
                    var bytes: [UInt8] = []
                    bytes.reserveCapacity(group.count * m)
                    for i in group { bytes.append(contentsOf: codes.codes[i * m..<(i + 1) * m]) }
                    let target = unsafe try list(number, withRoomFor: group.count)
                    let terms = terms(of: bytes, count: group.count, list: number)
                    unsafe bytes.withUnsafeBufferPointer { bytes in
                        for (at, i) in group.enumerated() {
                            guard let base = bytes.baseAddress else { break }
                            unsafe mv_list_append(
                                target, rows[i].number, terms[at], codes.errors[i], base + at * m)
                        }
                    }
                    entryCount.wrappingAdd(group.count, ordering: .relaxed)
                }
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Rebuilds the lists whose dead share is over a quarter, without their dead rows. Gives how many rows went.
    public func sweep(_ live: LiveRows, below bound: Row) throws(IndexError) -> Int {
        let result: Result<Int, IndexError> = writer.withLock { _ in
            var swept = 0
            for number in 0..<listCount {
                guard let old = unsafe lists[number], let rows = unsafe mv_list_rows(old) else { continue }
                let count = unsafe Int(old.pointee.count)
                let kept = (0..<count).filter {
                    let row = Row(unsafe rows[$0])
                    return row >= bound || live.contains(row)
                }
                guard (count - kept.count) * 4 > count else { continue }
                guard let new = unsafe mv_list_create(UInt32(kept.count), old.pointee.m) else {
                    return .failure(.outOfMemory(byteCount: unsafe mv_list_bytes(UInt32(kept.count), old.pointee.m)))
                }
                for at in kept { unsafe mv_list_append_entry(new, old, UInt32(at), rows[at]) }
                unsafe replace(number, old, new)
                entryCount.wrappingSubtract(count - kept.count, ordering: .relaxed)
                swept += count - kept.count
            }
            return .success(swept)
        }
        return try result.get()
    }

    /// A copy under other row numbers, for compaction: `newRow` gives a row's number in the new generation, or nil for
    /// a row that is not taken along. Searches go on meanwhile; rows that are added meanwhile may or may not be in it.
    public func renumbered(_ newRow: (Row) -> Row?) throws(IndexError) -> any CandidateIndex {
        let copy = IVFPQIndex(quantizer: quantizer, gate: gate)
        for number in 0..<listCount {
            let result: Result<Void, IndexError> = gate.pinned {
                guard let old = unsafe mv_list_load(lists + number), let rows = unsafe mv_list_rows(old) else {
                    return .success(())
                }
                let count = unsafe Int(mv_list_count(old))
                let kept = (0..<count).compactMap { at in newRow(Row(unsafe rows[at])).map { (at, $0) } }
                guard !kept.isEmpty else { return .success(()) }
                guard let new = unsafe mv_list_create(UInt32(kept.count), old.pointee.m) else {
                    return .failure(.outOfMemory(byteCount: unsafe mv_list_bytes(UInt32(kept.count), old.pointee.m)))
                }
                for (at, row) in kept { unsafe mv_list_append_entry(new, old, UInt32(at), row.number) }
                copy.writer.withLock { _ in
                    unsafe copy.replace(number, nil, new)
                    copy.entryCount.wrappingAdd(kept.count, ordering: .relaxed)
                }
                return .success(())
            }
            try result.get()
        }
        return copy
    }

    public func rowsHeld() throws(IndexError) -> RowSet {
        var held = RowSet()
        forEachRow { row, _ in held.insert(row) }
        return held
    }

    private func check(_ codes: RowCodes, rowCount: Int) throws(IndexError) {
        guard codes.training == training else {
            throw .foreignCodes(why: "they are of training \(codes.training), the index is of \(training)")
        }
        guard codes.codeBytes == quantizer.settings.codeBytes, codes.count == rowCount, codes.errors.count == rowCount,
            codes.codes.count == rowCount * codes.codeBytes
        else {
            throw .foreignCodes(
                why: "\(codes.count) codes of \(codes.codeBytes) bytes for \(rowCount) rows; the index's have "
                    + "\(quantizer.settings.codeBytes)")
        }
        if let list = codes.lists.first(where: { Int($0) >= listCount }) {
            throw .foreignCodes(why: "list \(list) does not exist, there are \(listCount)")
        }
    }

    /// Positions by list, in order within each.
    private func groups(of lists: [UInt32]) -> [[Int]] {
        guard lists.count > 1 else { return lists.isEmpty ? [] : [[0]] }
        var groups: [UInt32: [Int]] = [:]
        for (i, list) in lists.enumerated() { groups[list, default: []].append(i) }
        return groups.keys.sorted().map { groups[$0] ?? [] }
    }

    func terms(of codes: [UInt8], count: Int, list: UInt32) -> [Float] {
        var terms = [Float](repeating: 0, count: count)
        var kernel = unsafe quantizer.kernel
        unsafe mv_ivf_terms(&kernel, list, codes, count, &terms)
        return terms
    }

    /// The list, replaced by a larger one if it has no room.
    func list(
        _ number: UInt32, withRoomFor more: Int
    ) throws(IndexError) -> UnsafeMutablePointer<mv_list> {
        let old = unsafe lists[Int(number)], m = UInt32(quantizer.settings.codeBytes)
        let count = unsafe Int(old?.pointee.count ?? 0)
        if let old = unsafe old, unsafe count + more <= Int(old.pointee.capacity) { return unsafe old }
        // An eighth more each time, at least: slack is memory that users count.
        let capacity = UInt32(clamping: max(count + more, count + count / 8))
        guard let larger = unsafe mv_list_create(capacity, m) else {
            throw .outOfMemory(byteCount: mv_list_bytes(capacity, m))
        }
        if let old = unsafe old { unsafe mv_list_copy(larger, old) }
        unsafe replace(Int(number), old, larger)
        return unsafe larger
    }

    func replace(
        _ number: Int, _ old: UnsafeMutablePointer<mv_list>?, _ new: UnsafeMutablePointer<mv_list>
    ) {
        unsafe mv_list_publish(lists + number, new)
        listByteCount.wrappingAdd(unsafe mv_list_bytes(new.pointee.capacity, new.pointee.m), ordering: .relaxed)
        guard let old = unsafe old else { return }
        listByteCount.wrappingSubtract(unsafe mv_list_bytes(old.pointee.capacity, old.pointee.m), ordering: .relaxed)
        let retired = unsafe RetiredList(pointer: old)
        gate.retire { unsafe mv_list_destroy(retired.pointer) }
    }

    @safe private struct RetiredList: @unchecked Sendable {
        let pointer: UnsafeMutablePointer<mv_list>
    }
}
