internal import CFaiss
internal import CKernels
public import Storage
internal import Synchronization
public import Vectors

extension IVFPQIndex {
    /// Writes the rows that are live now to `path`: an IndexIVFPQ that FAISS opens, whose ids are row numbers; and
    /// beside it a side file (``SideFile``).
    ///
    /// Both are written aside, synced, renamed; the side file last, so a snapshot without one is none. FAISS writes
    /// what stands before the inverted lists; these go to the file list by list, without a copy of the index. Adding
    /// waits only while the lists are noted, searching never. What is added meanwhile is not in it.
    @discardableResult
    public func write(to path: String, live: LiveRows) throws(IndexError) -> SnapshotInfo {
        let result: Result<SnapshotInfo, IndexError> = gate.pinned {
            do throws(IndexError) { return .success(try writePinned(path, live)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// One list at the moment when the snapshot began.
    @safe private struct View {
        let list: UnsafeMutablePointer<mv_list>
        /// Positions of the rows that are written.
        let kept: [Int]
    }

    private func writePinned(_ path: String, _ live: LiveRows) throws(IndexError) -> SnapshotInfo {
        let counts: [(list: UnsafeMutablePointer<mv_list>, count: Int)?] = unsafe writer.withLock { _ in
            unsafe (0..<listCount).map { number in
                unsafe lists[number].map { unsafe ($0, Int($0.pointee.count)) }
            }
        }
        let views: [View?] = unsafe counts.map { entry in
            guard let (list, count) = unsafe entry, let rows = unsafe mv_list_rows(list) else { return nil }
            return unsafe View(list: list, kept: (0..<count).filter { live.contains(Row(unsafe rows[$0])) })
        }
        let rowCount = views.reduce(0) { $0 + ($1?.kept.count ?? 0) }
        let head = try head(rowCount: rowCount)
        let file: SnapshotInfo.File = try IndexError.files { () throws(StorageError) in
            var file = try SnapshotFileWriter(path)
            try file.append(head)
            try append(views, to: &file)
            return try file.finish()
        }
        let side = SideFile(
            kind: .ivfpq, training: training, dimension: UInt32(dimension), listCount: UInt32(listCount),
            codeBytes: UInt32(quantizer.settings.codeBytes), rowCount: UInt64(rowCount),
            indexByteCount: UInt64(file.byteCount), indexChecksum: file.checksum, listsOffset: UInt64(head.count),
            perRow: views.flatMap { view in
                view.map { view in view.kept.map { unsafe mv_list_errors(view.list)[$0] } } ?? []
            })
        let sideFile = try side.write(of: path)
        return SnapshotInfo(files: [file, sideFile], training: training, rowCount: rowCount, factory: factory)
    }

    /// FAISS's bytes up to the inverted lists.
    private func head(rowCount: Int) throws(IndexError) -> [UInt8] {
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        var error = mvf_error()
        let codebooks = quantizer.codebooks
        let code = try unsafe quantizer.withCentroids { centroids in
            unsafe mvf_head_make(quantizer.shape, centroids, codebooks, UInt64(rowCount), &bytes, &count, &error)
        }
        try IndexError.check(code, "write its head", error)
        defer { unsafe mvf_free(bytes) }
        return unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    /// FAISS's ArrayInvertedLists: "ilar", lists, code bytes, "full", the sizes, then of each list codes and 64-bit
    /// ids.
    private func append(_ views: [View?], to file: inout SnapshotFileWriter) throws(StorageError) {
        try file.append(Array("ilar".utf8))
        try file.append(UInt64(listCount))
        try file.append(UInt64(quantizer.settings.codeBytes))
        try file.append(Array("full".utf8))
        try file.append(UInt64(listCount))
        for view in views { try file.append(UInt64(view?.kept.count ?? 0)) }
        let m = quantizer.settings.codeBytes
        var codes: [UInt8] = []
        for view in views {
            guard let view, !view.kept.isEmpty, let rows = unsafe mv_list_rows(view.list) else { continue }
            codes = [UInt8](repeating: 0, count: view.kept.count * m)
            unsafe codes.withUnsafeMutableBufferPointer { codes in
                guard let base = codes.baseAddress else { return }
                for (at, position) in view.kept.enumerated() {
                    unsafe mv_list_code(view.list, UInt32(position), base + at * m)
                }
            }
            try file.append(codes)
            for position in view.kept { try file.append(Int64(unsafe rows[position])) }
        }
    }

    /// Calls `body` with each row in the lists and the error byte of its code. Writers wait meanwhile, readers do not.
    public func forEachRow(_ body: (Row, UInt8) -> Void) {
        writer.withLock { _ in
            for number in 0..<listCount {
                guard let list = unsafe lists[number], let rows = unsafe mv_list_rows(list),
                    let errors = unsafe mv_list_errors(list)
                else { continue }
                for at in 0..<Int(unsafe list.pointee.count) { body(Row(unsafe rows[at]), unsafe errors[at]) }
            }
        }
    }
}

extension IVFPQIndex {
    /// Opens a snapshot. The terms of the rows are worked out anew from their codes.
    ///
    /// - Throws: ``IndexError/damagedSnapshot(path:why:)`` for files that are missing, cut, garbled, or of another
    ///   training or dimension: lengths and checksums are judged before anything is believed.
    public static func open(
        _ path: String, training: UInt32, dimension: Int, gate: EpochGate
    ) throws(IndexError) -> IVFPQIndex {
        let side = try SideFile.open(of: path)
        guard side.kind == .ivfpq, side.training == training, Int(side.dimension) == dimension else {
            throw .damagedSnapshot(
                path: path,
                why: "it has training \(side.training) and dimension \(side.dimension), "
                    + "the collection \(training) and \(dimension)")
        }
        let settings = IndexSettings(listCount: Int(side.listCount), codeBytes: Int(side.codeBytes))
        guard settings.fits(dimension: dimension), side.training != 0 else {
            throw .damagedSnapshot(path: path, why: "\(settings.factory) does not fit dimension \(dimension)")
        }
        var file = try SnapshotFileReader(path)
        let head = try file.read(Int(clamping: side.listsOffset))
        let quantizer = try quantizer(head, training: training, dimension: dimension, settings: settings)
        let index = IVFPQIndex(quantizer: quantizer, gate: gate)
        try index.readLists(&file, side, path)
        return index
    }

    private static func quantizer(
        _ head: [UInt8], training: UInt32, dimension: Int, settings: IndexSettings
    ) throws(IndexError) -> Quantizer {
        let width = Preparation.width(of: dimension)
        var centroids = [Float](repeating: 0, count: settings.listCount * width)
        var codebooks = [Float](repeating: 0, count: 256 * width)
        var error = mvf_error()
        let shape = settings.shape(dimension: dimension)
        let code = unsafe mvf_head_read(head, head.count, shape, &centroids, &codebooks, &error)
        try IndexError.check(code, "read its head", error)
        return Quantizer(
            training: training, dimension: dimension, settings: settings, centroids: centroids, codebooks: codebooks)
    }

    private func readLists(
        _ file: inout SnapshotFileReader, _ side: SideFile, _ path: String
    ) throws(IndexError) {
        func damaged(_ why: String) -> IndexError { .damagedSnapshot(path: path, why: why) }
        let m = quantizer.settings.codeBytes
        guard try file.read(4) == Array("ilar".utf8), try file.read(UInt64.self) == UInt64(listCount),
            try file.read(UInt64.self) == UInt64(m), try file.read(4) == Array("full".utf8),
            try file.read(UInt64.self) == UInt64(listCount)
        else { throw damaged("its inverted lists are not where the side file says") }
        var sizes: [Int] = []
        for _ in 0..<listCount { sizes.append(Int(clamping: try file.read(UInt64.self))) }
        guard sizes.allSatisfy({ $0 <= file.byteCount }), sizes.reduce(0, +) == Int(side.rowCount) else {
            throw damaged("its lists do not hold the \(side.rowCount) rows of the side file")
        }
        var errorsAt = 0
        for (number, count) in sizes.enumerated() where count > 0 {
            let codes = try file.read(count * m), ids = try file.read(count * 8)
            let errors = side.perRow[errorsAt..<errorsAt + count]
            errorsAt += count
            try append(list: UInt32(number), codes, ids: ids, errors: errors, path)
        }
        guard file.position == file.byteCount else { throw damaged("it goes on behind its inverted lists") }
    }

    private func append(
        list number: UInt32, _ codes: [UInt8], ids: [UInt8], errors: ArraySlice<UInt8>, _ path: String
    ) throws(IndexError) {
        let count = errors.count, m = quantizer.settings.codeBytes
        var rows: [UInt32] = []
        for at in 0..<count {
            let id = ids[8 * at..<8 * at + 8].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            guard let row = UInt32(exactly: id) else { throw .damagedSnapshot(path: path, why: "id \(id) is no row") }
            rows.append(row)
        }
        let terms = terms(of: codes, count: count, list: number)
        let result: Result<Void, IndexError> = writer.withLock { _ in
            do throws(IndexError) {
                let target = unsafe try list(number, withRoomFor: count)
                unsafe codes.withUnsafeBufferPointer { codes in
                    guard let base = codes.baseAddress else { return }
                    for (at, error) in errors.enumerated() {
                        unsafe mv_list_append(target, rows[at], terms[at], error, base + at * m)
                    }
                }
                entryCount.wrappingAdd(count, ordering: .relaxed)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }
}
