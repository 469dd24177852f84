internal import CFaiss
internal import CKernels
internal import Glibc
public import Storage
internal import Vectors

extension IVFPQIndex {
    /// Writes the live rows to `path`: an IndexIVFPQ that FAISS opens, whose ids are row numbers.
    ///
    /// Written aside, synced, renamed. Holds a second copy of the codes while it writes. Adding waits, searching does
    /// not.
    public func write(to path: String, live: LiveRows) throws(IndexError) {
        let aside = path + ".new"
        defer { unsafe mvf_clear(quantizer.faiss) }
        var error = mvf_error()
        let m = quantizer.settings.codeBytes
        unsafe try forEachList { (number, rows, codes) throws(IndexError) in
            var kept: [UInt32] = [], bytes: [UInt8] = []
            kept.reserveCapacity(rows.count)
            bytes.reserveCapacity(rows.count * m)
            for i in 0..<rows.count where live.contains(Row(unsafe rows[i])) {
                kept.append(unsafe rows[i])
                unsafe bytes.append(contentsOf: unsafe UnsafeBufferPointer(start: codes + i * m, count: m))
            }
            guard unsafe mvf_list_add(quantizer.faiss, number, kept.count, kept, bytes, &error) == 0 else {
                throw .faiss(operation: "write \(path)", text: FaissText.of(error))
            }
        }
        guard unsafe mvf_write(quantizer.faiss, aside, &error) == 0 else {
            unsafe _ = unlink(aside)
            throw .faiss(operation: "write \(path)", text: FaissText.of(error))
        }
        do {
            try Files.sync(aside)
            try Files.rename(aside, to: path)
        } catch {
            throw .faiss(operation: "write \(path)", text: error.description)
        }
    }

    /// Opens a snapshot. The terms of the rows are worked out anew from their codes.
    ///
    /// - Throws: ``IndexError/damagedSnapshot(path:why:)``. The caller has checked length and checksum; a file that is
    ///   wrong all the same is refused here without a crash.
    public static func open(
        _ path: String, training: UInt32, dimension: Int, gate: EpochGate
    ) throws(IndexError) -> IVFPQIndex {
        var error = mvf_error()
        var made: OpaquePointer?
        guard unsafe mvf_read(path, &made, &error) == 0, let faiss = unsafe made else {
            throw .damagedSnapshot(path: path, why: FaissText.of(error))
        }
        let shape = unsafe mvf_shape_of(faiss)
        guard Int(shape.d) == dimension, shape.nlist > 0, shape.m > 0 else {
            unsafe mvf_destroy(faiss)
            throw .damagedSnapshot(path: path, why: "it has dimension \(shape.d), the collection \(dimension)")
        }
        let index = unsafe IVFPQIndex(quantizer: Quantizer(faiss: faiss, training: training), gate: gate)
        let m = Int(shape.m)
        for list in 0..<shape.nlist {
            let count = unsafe mvf_list_count(faiss, list)
            guard count > 0 else { continue }
            var rows = [UInt32](repeating: 0, count: count)
            var codes = RowCodes(training: training, codeBytes: m)
            codes.codes = [UInt8](repeating: 0, count: count * m)
            guard unsafe mvf_list_copy(faiss, list, &rows, &codes.codes, &error) == 0 else {
                throw .damagedSnapshot(path: path, why: FaissText.of(error))
            }
            codes.lists = [UInt32](repeating: list, count: count)
            codes.errors = [UInt8](repeating: 0, count: count)
            try index.add(rows.map { Row($0) }, codes, exactly: count)
        }
        unsafe mvf_clear(faiss)
        mvf_trim_memory()
        return index
    }
}

/// The error bytes of rows 0 and up, in a file beside the snapshot.
///
///     byte 0   8   "MVERR001"
///     byte 8   8   row count, little-endian
///     byte 16  ... one byte a row
public enum ErrorBytesFile {
    static let magic = Array("MVERR001".utf8)

    public static func encode(_ errors: [UInt8]) -> [UInt8] {
        magic + (0..<8).map { UInt8(truncatingIfNeeded: errors.count >> (8 * $0)) } + errors
    }

    /// Nil when the bytes are no such file.
    public static func decode(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count >= 16, Array(bytes[..<8]) == magic else { return nil }
        let count = bytes[8..<16].enumerated().reduce(0 as UInt64) {
            $0 | UInt64($1.element) << (8 * UInt64($1.offset))
        }
        guard count == UInt64(bytes.count - 16) else { return nil }
        return Array(bytes[16...])
    }
}
