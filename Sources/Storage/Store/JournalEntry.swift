public import Vectors

/// One step of the index: what a commit did to rows, in order. Snapshot + journal = index.
///
/// Little-endian. Byte 0 is the kind, then:
///
///     1 added     first row u32, count u32, training u32, code bytes u16, count x (list u32, error u8, code)
///                 training 0 means not coded: nothing follows
///     2 killed    count u32, count x row u32
///     3 metadata  count u32, count x row u32
public enum JournalEntry: Sendable, Equatable {
    /// Rows `first` and up. `codes` is nil where there was no trained index.
    case added(first: Row, count: Int, codes: RowCodes?)
    case killed([Row])
    case metadataChanged([Row])

    var encoded: [UInt8] {
        var out: [UInt8] = []
        func put<T: FixedWidthInteger>(_ value: T) {
            for shift in stride(from: 0, to: T.bitWidth, by: 8) {
                out.append(UInt8(truncatingIfNeeded: value >> shift))
            }
        }
        switch self {
        case .added(let first, let count, let codes):
            put(UInt8(1))
            put(first.number)
            put(UInt32(count))
            put(codes?.training ?? 0)
            put(UInt16(codes?.codeBytes ?? 0))
            if let codes {
                out.reserveCapacity(out.count + count * (codes.codeBytes + 5))
                for i in 0..<count {
                    put(codes.lists[i])
                    put(codes.errors[i])
                    out.append(contentsOf: codes.codes[i * codes.codeBytes..<(i + 1) * codes.codeBytes])
                }
            }
        case .killed(let rows), .metadataChanged(let rows):
            if case .killed = self { put(UInt8(2)) } else { put(UInt8(3)) }
            put(UInt32(rows.count))
            for row in rows { put(row.number) }
        }
        return out
    }

    init(encoded bytes: UnsafeRawBufferPointer, path: String) throws(StorageError) {
        func number<T: FixedWidthInteger>(_ offset: Int, _: T.Type) -> T {
            unsafe T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
        }
        let damaged = StorageError.damaged(
            path: path, what: "a journal entry of \(bytes.count) bytes is cut or unknown")
        guard bytes.count >= 5 else { throw damaged }
        switch unsafe bytes[0] {
        case 1:
            guard bytes.count >= 15 else { throw damaged }
            let first = Row(number(1, UInt32.self)), count = Int(number(5, UInt32.self))
            let training = number(9, UInt32.self), codeBytes = Int(number(13, UInt16.self))
            guard training != 0 else {
                guard bytes.count == 15 else { throw damaged }
                self = .added(first: first, count: count, codes: nil)
                return
            }
            guard bytes.count == 15 + count * (codeBytes + 5) else { throw damaged }
            var codes = RowCodes(training: training, codeBytes: codeBytes)
            for i in 0..<count {
                let at = 15 + i * (codeBytes + 5)
                codes.lists.append(number(at, UInt32.self))
                codes.errors.append(number(at + 4, UInt8.self))
                unsafe codes.codes.append(contentsOf: bytes[at + 5..<at + 5 + codeBytes])
            }
            self = .added(first: first, count: count, codes: codes)
        case 2, 3:
            let count = Int(number(1, UInt32.self))
            guard bytes.count == 5 + 4 * count else { throw damaged }
            let rows = (0..<count).map { Row(number(5 + 4 * $0, UInt32.self)) }
            self = unsafe bytes[0] == 2 ? .killed(rows) : .metadataChanged(rows)
        default:
            throw damaged
        }
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
