internal import CKernels
public import Vectors

/// One step of the index: what a commit did to rows, in order. Snapshot + journal = index.
///
/// Little-endian:
///
///     byte   bytes  what
///     0      1      kind: 1 added, 2 killed, 3 metadata changed, 4 snapshot
///     1      1      1, the version of this form
///     2      2      added: bytes of a row's code; else 0
///     4      4      count of rows; snapshot: 0
///     8      4      added: the first row; snapshot: 4 bytes zero
///     12     4      added: which training the codes belong to, 0 where there are none; snapshot: 4 bytes zero
///     then          added, coded: lists u32 x count, errors u8 x count, codes
///                   killed, metadata changed: from byte 8 on the rows, u32 x count
///                   snapshot: its number u64
///     last 8        XXH3-64 of all before
public enum JournalEntry: Sendable, Equatable {
    /// Rows `first` and up. `codes` is nil where there was no trained index.
    case added(first: Row, count: Int, codes: RowCodes?)
    case killed([Row])
    case metadataChanged([Row])
    /// The engine wrote this snapshot of the index: a mark for people, nothing is done about it.
    case snapshot(number: UInt64)

    static let version: UInt8 = 1
    private static let headBytes = 16

    private enum Kind: UInt8 {
        case added = 1
        case killed
        case metadataChanged
        case snapshot
    }

    var encoded: [UInt8] {
        var out: [UInt8]
        switch self {
        case .added(let first, let count, let codes):
            out = Self.head(.added, codeBytes: codes?.codeBytes ?? 0, count: count)
            out.appendInteger(first.number)
            out.appendInteger(codes?.training ?? 0)
            if let codes {
                precondition(codes.count == count && codes.errors.count == count, "\(codes.count) codes, \(count) rows")
                out.reserveCapacity(out.count + count * (codes.codeBytes + 5) + 8)
                for list in codes.lists { out.appendInteger(list) }
                out.append(contentsOf: codes.errors)
                out.append(contentsOf: codes.codes)
            }
        case .killed(let rows), .metadataChanged(let rows):
            var kind = Kind.metadataChanged
            if case .killed = self { kind = .killed }
            out = Self.head(kind, codeBytes: 0, count: rows.count)
            for row in rows { out.appendInteger(row.number) }
        case .snapshot(let number):
            out = Self.head(.snapshot, codeBytes: 0, count: 0) + [UInt8](repeating: 0, count: 8)
            out.appendInteger(number)
        }
        out.appendInteger(unsafe out.withUnsafeBytes { unsafe mv_hash64($0.baseAddress, $0.count, 0) })
        return out
    }

    private static func head(_ kind: Kind, codeBytes: Int, count: Int) -> [UInt8] {
        var out: [UInt8] = [kind.rawValue, version]
        out.appendInteger(UInt16(codeBytes))
        out.appendInteger(UInt32(count))
        return out
    }

    /// - Throws: ``StorageError/damaged(path:what:)``, whatever the bytes are.
    init(encoded bytes: UnsafeRawBufferPointer, path: String) throws(StorageError) {
        guard bytes.count >= Self.headBytes, let kind = unsafe Kind(rawValue: bytes[0]),
            unsafe bytes[1] == Self.version
        else {
            throw .damaged(path: path, what: "a journal entry of \(bytes.count) bytes is unknown")
        }
        let end = bytes.count - 8
        let sum = unsafe mv_hash64(bytes.baseAddress, end, 0)
        guard unsafe bytes.integer(at: end, UInt64.self) == sum else {
            throw .damaged(path: path, what: "a journal entry of \(bytes.count) bytes fails its checksum")
        }
        let codeBytes = unsafe Int(bytes.integer(at: 2, UInt16.self))
        let count = unsafe Int(bytes.integer(at: 4, UInt32.self))
        let isCoded = unsafe kind == .added && end >= 16 && bytes.integer(at: 12, UInt32.self) != 0
        let wanted =
            switch kind {
            case .added: Self.headBytes + (isCoded ? count * (codeBytes + 5) : 0)
            case .killed, .metadataChanged: 8 + 4 * count
            case .snapshot: 24
            }
        guard end == wanted else {
            throw .damaged(path: path, what: "a journal entry of \(bytes.count) bytes says \(count) rows")
        }
        switch kind {
        case .added:
            let first = unsafe Row(bytes.integer(at: 8, UInt32.self))
            self = unsafe .added(
                first: first, count: count,
                codes: isCoded ? Self.codes(bytes, count: count, codeBytes: codeBytes) : nil)
        case .killed, .metadataChanged:
            let rows = (0..<count).map { unsafe Row(bytes.integer(at: 8 + 4 * $0, UInt32.self)) }
            self = kind == .killed ? .killed(rows) : .metadataChanged(rows)
        case .snapshot:
            self = unsafe .snapshot(number: bytes.integer(at: 16, UInt64.self))
        }
    }

    private static func codes(_ bytes: UnsafeRawBufferPointer, count: Int, codeBytes: Int) -> RowCodes {
        var codes = unsafe RowCodes(training: bytes.integer(at: 12, UInt32.self), codeBytes: codeBytes)
        codes.lists = (0..<count).map { unsafe bytes.integer(at: headBytes + 4 * $0, UInt32.self) }
        let errors = headBytes + 4 * count
        codes.errors = unsafe Array(bytes[errors..<errors + count])
        codes.codes = unsafe Array(bytes[errors + count..<errors + count * (codeBytes + 1)])
        return codes
    }
}

/// Index codes of some rows, in order. They mean something only to the training they belong to.
public struct RowCodes: Sendable, Equatable {
    /// Which training; never 0.
    public var training: UInt32
    public var codeBytes: Int
    /// The list of each row.
    public var lists: [UInt32] = []
    /// The squared error of each row's code, on the index's log scale.
    public var errors: [UInt8] = []
    /// `codeBytes` bytes a row.
    public var codes: [UInt8] = []

    public init(training: UInt32, codeBytes: Int) {
        self.training = training
        self.codeBytes = codeBytes
    }

    public var count: Int { lists.count }

    /// The codes at `positions`, in that order.
    public func selecting(_ positions: [Int]) -> RowCodes {
        guard positions.count < count else { return self }
        var out = RowCodes(training: training, codeBytes: codeBytes)
        for at in positions {
            out.lists.append(lists[at])
            out.errors.append(errors[at])
            out.codes.append(contentsOf: codes[at * codeBytes..<(at + 1) * codeBytes])
        }
        return out
    }
}
