public import Storage
public import Vectors

/// The snapshot of an index that a program registers (``CandidateIndexes``): its rows with their codes, from which it
/// is filled again.
///
/// The side file (``SideFile``, kind 4) has rows, training and checksums. Little-endian:
///
///     byte   bytes   what
///     0      8       "MVCODE01"
///     8      4       bytes of the name
///     12     ...     the name, in UTF-8
///            4 n     the list of each row
///            n       its error byte
///            c n     its code
public enum CodeSnapshot {
    private static let magic = Array("MVCODE01".utf8)
    private static let nameLimit = 64

    /// Writes the snapshot, durable when it returns.
    ///
    /// - Parameters:
    ///   - name: as it is registered.
    ///   - codes: one for each of `rows`.
    public static func write(
        to path: String, name: String, dimension: Int, rows: [Row], codes: RowCodes
    ) throws(IndexError) -> SnapshotInfo {
        precondition(codes.count == rows.count && codes.codes.count == rows.count * codes.codeBytes)
        let whole = try IndexError.files { () throws(StorageError) in
            var file = try SnapshotFileWriter(path)
            try file.append(magic)
            try file.append(UInt32(name.utf8.count))
            try file.append(Array(name.utf8))
            for list in codes.lists { try file.append(list) }
            try file.append(codes.errors)
            try file.append(codes.codes)
            return try file.finish()
        }
        let side = SideFile(
            kind: .registered, training: codes.training, dimension: UInt32(dimension), listCount: 0,
            codeBytes: UInt32(codes.codeBytes), rowCount: UInt64(rows.count),
            indexByteCount: UInt64(whole.byteCount), indexChecksum: whole.checksum, listsOffset: 0,
            perRow: rows.flatMap { row in (0..<4).map { UInt8(truncatingIfNeeded: row.number >> (8 * $0)) } })
        return SnapshotInfo(
            files: [whole, try side.write(of: path)], training: codes.training, rowCount: rows.count, factory: name)
    }

    /// A new index of the registered kind with what the snapshot holds.
    ///
    /// - Throws: ``IndexError/damagedSnapshot(path:why:)``; ``IndexError/factory(_:why:)`` where this program registers
    ///   no such kind.
    static func open(
        _ path: String, training: UInt32, dimension: Int
    ) throws(IndexError) -> any CandidateIndex {
        let side = try SideFile.open(of: path)
        guard side.kind == .registered, side.training == training, Int(side.dimension) == dimension else {
            throw .damagedSnapshot(
                path: path,
                why: "it is of training \(side.training) and dimension \(side.dimension), wanted are \(training) and "
                    + "\(dimension)")
        }
        var file = try SnapshotFileReader(path)
        guard try file.read(magic.count) == magic, case let nameLength = try file.read(UInt32.self),
            nameLength <= nameLimit
        else { throw .damagedSnapshot(path: path, why: "it does not begin as one of codes does") }
        let name = String(decoding: try file.read(Int(nameLength)), as: UTF8.self)
        let count = Int(side.rowCount)
        let rows = (0..<count).map { at in
            Row(side.perRow[4 * at..<4 * at + 4].reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) })
        }
        var codes = RowCodes(training: training, codeBytes: Int(side.codeBytes))
        let lists = try file.read(4 * count)
        codes.lists = (0..<count).map { at in
            lists[4 * at..<4 * at + 4].reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
        }
        codes.errors = try file.read(count)
        let (byteCount, overflow) = count.multipliedReportingOverflow(by: codes.codeBytes)
        guard !overflow, byteCount == file.byteCount - file.position else {
            throw .damagedSnapshot(path: path, why: "it has not \(codes.codeBytes) bytes of code for each row")
        }
        codes.codes = try file.read(byteCount)
        let index = try CandidateIndexes.make(name, dimension: dimension, training: training)
        try index.add(rows, codes)
        return index
    }
}
