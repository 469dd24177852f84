internal import CFaiss
internal import CKernels
internal import Storage
internal import Vectors

/// An index of FAISS's own, with the row of each of its numbers kept apart.
// Sendable is true because it is changed only before others know of it; FAISS's search is const. @safe because counts
// and dimensions are compared before a pointer is used.
@safe final class FAISSIndex: @unchecked Sendable {
    private let handle: OpaquePointer

    private init(_ handle: OpaquePointer) { unsafe self.handle = unsafe handle }

    deinit { unsafe mvf_destroy(handle) }

    /// - Throws: ``IndexError/factory(_:why:)``.
    convenience init(dimension: Int, factory: String) throws(IndexError) {
        var made: OpaquePointer?
        var error = mvf_error()
        guard unsafe mvf_create(UInt32(dimension), factory, &made, &error) == 0, let made = unsafe made else {
            throw .factory(factory, why: "FAISS does not make it without training")
        }
        unsafe self.init(made)
    }

    func copy() throws(IndexError) -> FAISSIndex {
        var made: OpaquePointer?
        var error = mvf_error()
        try IndexError.check(unsafe mvf_clone(handle, &made, &error), "be copied", error)
        guard let made = unsafe made else { throw .outOfMemory(byteCount: byteCount) }
        return unsafe FAISSIndex(made)
    }

    var count: Int { Int(unsafe mvf_count(handle)) }
    var byteCount: Int { unsafe mvf_byte_count(handle) }

    /// Adds the first `limit` rows of `segments`, those that are live if `live` is given, without padding; gives them
    /// in the order of their numbers.
    func add(
        _ segments: VectorSegments, limit: Int, dimension: Int, live: LiveRows?
    ) throws(IndexError) -> [UInt32] {
        var rows: [UInt32] = [], values: [Float] = [], left = limit
        unsafe segments.forEachVector { row, vector in
            left -= 1
            guard left >= 0, live?.contains(row) ?? true else { return }
            rows.append(row.number)
            unsafe values.append(contentsOf: vector[..<dimension])
        }
        guard !rows.isEmpty else { return [] }
        var error = mvf_error()
        try IndexError.check(unsafe mvf_add(handle, rows.count, values, 1, &error), "add", error)
        return rows
    }

    /// The `count` nearest numbers by FAISS's search, with squared distances.
    func search(_ query: UnsafePointer<Float>, count: Int, effort: Int) throws(IndexError) -> [(at: Int, square: Float)]
    {
        var squares = [Float](repeating: 0, count: count), numbers = [Int64](repeating: -1, count: count)
        var error = mvf_error()
        let code = unsafe mvf_search(handle, 1, query, count, effort, &squares, &numbers, &error)
        try IndexError.check(code, "search", error)
        return zip(numbers, squares).filter { $0.0 >= 0 }.map { (Int($0.0), $0.1) }
    }

    /// Pushes every wanted row's exact distance. `rows` are those of its numbers.
    func scan(
        _ query: UnsafePointer<Float>, _ rows: [UInt32], dimension: Int, _ wanted: UnsafePointer<mv_wanted>,
        _ found: UnsafeMutablePointer<mv_collector>
    ) {
        guard let vectors = unsafe mvf_vectors(handle), rows.count == count else { return }
        unsafe mv_flat_scan(query, vectors, rows, rows.count, dimension, wanted, found)
    }

    /// Calls `body` with each vector; false when the kind keeps none, or not as many as `rows`.
    func forEachVector(_ rows: [UInt32], dimension: Int, _ body: (Row, UnsafeBufferPointer<Float>) -> Void) -> Bool {
        if rows.isEmpty { return true }
        guard let vectors = unsafe mvf_vectors(handle), rows.count == count else { return false }
        for (at, row) in rows.enumerated() {
            unsafe body(Row(row), UnsafeBufferPointer(start: vectors + at * dimension, count: dimension))
        }
        return true
    }

    /// Writes it as FAISS does, and the side file beside it, each durable before the next.
    /// - Parameter edges: of a graph's node; 0 for a flat index.
    func write(
        to path: String, kind: SideFile.Kind, rows: [UInt32], edges: Int, training: UInt32
    ) throws(IndexError) -> SnapshotInfo {
        let aside = path + ".new"
        var error = mvf_error()
        do throws(IndexError) {
            try IndexError.check(unsafe mvf_write(handle, aside, &error), "write \(path)", error)
        } catch {
            try? Files.remove(aside)
            throw error
        }
        try IndexError.files { () throws(StorageError) in
            try Files.sync(aside)
            try Files.rename(aside, to: path)
        }
        var file = try SnapshotFileReader(path)
        let sum = try file.checksum()
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let whole = SnapshotInfo.File(name: name, byteCount: file.byteCount, checksum: sum)
        let side = SideFile(
            kind: kind, training: training, dimension: unsafe mvf_dimension(handle), listCount: UInt32(edges),
            codeBytes: 0,
            rowCount: UInt64(rows.count), indexByteCount: UInt64(whole.byteCount), indexChecksum: sum, listsOffset: 0,
            perRow: rows.flatMap { row in (0..<4).map { UInt8(truncatingIfNeeded: row >> (8 * $0)) } })
        return SnapshotInfo(
            files: [whole, try side.write(of: path)], training: training, rowCount: rows.count,
            factory: kind == .flat ? "Flat" : "HNSW\(edges)")
    }

    /// Opens what `write` wrote.
    /// - Throws: ``IndexError/damagedSnapshot(path:why:)``.
    static func open(
        _ path: String, kind: SideFile.Kind, training: UInt32, dimension: Int
    ) throws(IndexError) -> (index: FAISSIndex, rows: [UInt32], edges: Int) {
        let side = try SideFile.open(of: path)
        guard side.kind == kind, side.training == training, Int(side.dimension) == dimension else {
            throw .damagedSnapshot(
                path: path,
                why: "it is of kind \(side.kind), training \(side.training) and dimension \(side.dimension), "
                    + "wanted are \(kind), \(training) and \(dimension)")
        }
        var made: OpaquePointer?
        var error = mvf_error()
        try IndexError.check(unsafe mvf_read(path, &made, &error), "read \(path)", error)
        guard let made = unsafe made else { throw .damagedSnapshot(path: path, why: "FAISS reads nothing") }
        let index = unsafe FAISSIndex(made)
        guard index.count == Int(side.rowCount), Int(unsafe mvf_dimension(made)) == dimension,
            unsafe index.count == 0 || mvf_vectors(made) != nil
        else {
            throw .damagedSnapshot(path: path, why: "it holds \(index.count) rows, the side file \(side.rowCount)")
        }
        let rows = (0..<index.count).map { at in
            side.perRow[4 * at..<4 * at + 4].reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
        }
        return (index, rows, Int(side.listCount))
    }
}
