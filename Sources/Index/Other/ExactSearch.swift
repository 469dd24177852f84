internal import CKernels
internal import Storage
internal import Vectors

/// A search that compares with vectors themselves: the least of what some scans push.
enum ExactSearch {
    /// The `count` least of what `body` pushes of the wanted rows, ascending, ties by row.
    static func nearest(
        _ count: Int, among: RowSet?, live: LiveRows,
        _ body: (UnsafePointer<mv_wanted>, UnsafeMutablePointer<mv_collector>) -> Void
    ) -> [Candidate] {
        guard count > 0 else { return [] }
        let selector = among?.words ?? []
        var keys = [UInt64](repeating: 0, count: mv_collector_room(count))
        return unsafe keys.withUnsafeMutableBufferPointer { keys in
            unsafe live.withTable { live in
                unsafe selector.withUnsafeBufferPointer { bits in
                    var wanted = unsafe mv_wanted(
                        live: UnsafePointer(live), selector: among == nil ? nil : bits.baseAddress,
                        selector_rows: UInt64(bits.count * 64))
                    // An empty set has no address of bits, which would mean all rows.
                    if let among, among.words.isEmpty { return [] }
                    var found = unsafe mv_collector(
                        keys: keys.baseAddress, count: 0, limit: count, room: keys.count, worst: .max)
                    unsafe body(&wanted, &found)
                    let kept = unsafe mv_collector_finish(&found)
                    return (0..<kept).map {
                        unsafe Candidate(row: Row(mv_key_number(keys[$0])), estimate: mv_key_value(keys[$0]))
                    }
                }
            }
        }
    }
}

/// The journal codes of indexes that hold vectors: the vector itself, float32 little-endian.
enum VectorCodes {
    static func encode(_ prepared: [Float], width: Int, training: UInt32) -> RowCodes {
        let count = prepared.count / width
        var codes = RowCodes(training: training, codeBytes: 4 * width)
        codes.lists = [UInt32](repeating: 0, count: count)
        codes.errors = [UInt8](repeating: 0, count: count)
        codes.codes.reserveCapacity(4 * prepared.count)
        for value in prepared {
            unsafe withUnsafeBytes(of: value.bitPattern.littleEndian) { unsafe codes.codes.append(contentsOf: $0) }
        }
        return codes
    }

    /// - Throws: ``IndexError/foreignCodes(why:)``.
    static func decode(_ codes: RowCodes, rowCount: Int, width: Int, training: UInt32) throws(IndexError) -> [Float] {
        guard codes.training == training else {
            throw .foreignCodes(why: "they are of training \(codes.training), the index is of \(training)")
        }
        guard codes.codeBytes == 4 * width, codes.count == rowCount, codes.codes.count == rowCount * codes.codeBytes
        else {
            throw .foreignCodes(
                why: "\(codes.count) codes of \(codes.codeBytes) bytes for \(rowCount) rows of \(width) floats")
        }
        return unsafe codes.codes.withUnsafeBytes { bytes in
            (0..<rowCount * width).map {
                Float(
                    bitPattern: UInt32(
                        littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }
    }
}
