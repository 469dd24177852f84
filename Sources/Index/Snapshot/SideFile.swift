internal import CKernels
internal import Storage

/// What FAISS's file does not hold, in a file beside it. Little-endian:
///
///     byte   bytes   what
///     0      8       "MVSIDE01"
///     8      4       kind: 1 IVF-PQ, 2 flat, 3 graph, 4 registered
///     12     4       training
///     16     4       dimension
///     20     4       lists; of a graph, the edges of a node
///     24     4       bytes of a code
///     28     4       0
///     32     8       rows n
///     40     8       bytes of FAISS's file
///     48     8       its checksum (``PieceChecksum``)
///     56     8       IVF-PQ: where its inverted lists begin
///     64     n       IVF-PQ: the error byte of each row, in the order of the lists
///            4 n     others: the row of each of FAISS's numbers, or of each code
///     end-8  8       XXH3-64 of all before
struct SideFile: Equatable {
    enum Kind: UInt32 {
        case ivfpq = 1
        case flat = 2
        case graph = 3
        case registered = 4
    }

    static let magic = Array("MVSIDE01".utf8)
    static let headerBytes = 64

    var kind: Kind
    var training: UInt32
    var dimension: UInt32
    var listCount: UInt32
    var codeBytes: UInt32
    var rowCount: UInt64
    var indexByteCount: UInt64
    var indexChecksum: UInt64
    var listsOffset: UInt64
    /// What stands from byte 64 to the checksum.
    var perRow: [UInt8]

    /// Where the side file of the snapshot `path` is.
    static func path(of path: String) -> String { path + ".side" }

    var encoded: [UInt8] {
        var out = Self.magic
        func put(_ value: some FixedWidthInteger) {
            unsafe withUnsafeBytes(of: value.littleEndian) { unsafe out.append(contentsOf: $0) }
        }
        for word in [kind.rawValue, training, dimension, listCount, codeBytes, 0] { put(word) }
        for word in [rowCount, indexByteCount, indexChecksum, listsOffset] { put(word) }
        out.append(contentsOf: perRow)
        put(unsafe mv_hash64(out, out.count, 0))
        return out
    }

    /// Reads and checks the side file of the snapshot `path`, and the length and checksum of the snapshot itself.
    /// - Throws: ``IndexError/damagedSnapshot(path:why:)``.
    static func open(of path: String) throws(IndexError) -> SideFile {
        let sidePath = Self.path(of: path)
        let bytes = try IndexError.files { () throws(StorageError) in try Files.read(sidePath) }
        guard let bytes else { throw .damagedSnapshot(path: sidePath, why: "it is missing") }
        let side = try SideFile(decoding: bytes, path: sidePath)
        var file = try SnapshotFileReader(path)
        guard UInt64(file.byteCount) == side.indexByteCount else {
            throw .damagedSnapshot(
                path: path, why: "it has \(file.byteCount) bytes, \(side.indexByteCount) were written")
        }
        let sum = try file.checksum()
        guard sum == side.indexChecksum else {
            throw .damagedSnapshot(
                path: path,
                why: "its checksum is wrong (stored \(String(side.indexChecksum, radix: 16)), "
                    + "read \(String(sum, radix: 16)))")
        }
        return side
    }

    /// Writes it beside the snapshot `path`, durable when it returns.
    func write(of path: String) throws(IndexError) -> SnapshotInfo.File {
        try IndexError.files { () throws(StorageError) in
            var file = try SnapshotFileWriter(Self.path(of: path))
            try file.append(encoded)
            return try file.finish()
        }
    }

    init(decoding bytes: [UInt8], path: String) throws(IndexError) {
        func damaged(_ why: String) -> IndexError { .damagedSnapshot(path: path, why: why) }
        guard bytes.count >= Self.headerBytes + 8 else { throw damaged("it has only \(bytes.count) bytes") }
        guard Array(bytes[..<8]) == Self.magic else { throw damaged("it does not begin as a side file does") }
        func number<T: FixedWidthInteger>(_ at: Int, _: T.Type) -> T {
            bytes[at..<at + MemoryLayout<T>.size].reversed().reduce(0) { $0 << 8 | T(truncatingIfNeeded: $1) }
        }
        let end = bytes.count - 8, sum = unsafe mv_hash64(bytes, end, 0)
        guard number(end, UInt64.self) == sum else { throw damaged("its checksum is wrong") }
        guard let kind = Kind(rawValue: number(8, UInt32.self)) else {
            throw damaged("index kind \(number(8, UInt32.self)) is not known; use a newer memvec")
        }
        self.init(
            kind: kind, training: number(12, UInt32.self), dimension: number(16, UInt32.self),
            listCount: number(20, UInt32.self), codeBytes: number(24, UInt32.self), rowCount: number(32, UInt64.self),
            indexByteCount: number(40, UInt64.self), indexChecksum: number(48, UInt64.self),
            listsOffset: number(56, UInt64.self), perRow: Array(bytes[Self.headerBytes..<end]))
        let rowBytes: UInt64 = kind == .ivfpq ? 1 : 4
        guard rowCount <= UInt64(UInt32.max), UInt64(perRow.count) == rowCount * rowBytes else {
            throw damaged("it has \(perRow.count) bytes for \(rowCount) rows")
        }
    }

    init(
        kind: Kind, training: UInt32, dimension: UInt32, listCount: UInt32, codeBytes: UInt32, rowCount: UInt64,
        indexByteCount: UInt64, indexChecksum: UInt64, listsOffset: UInt64, perRow: [UInt8]
    ) {
        self.kind = kind
        self.training = training
        self.dimension = dimension
        self.listCount = listCount
        self.codeBytes = codeBytes
        self.rowCount = rowCount
        self.indexByteCount = indexByteCount
        self.indexChecksum = indexChecksum
        self.listsOffset = listsOffset
        self.perRow = perRow
    }
}
