internal import CKernels
public import Storage
public import Vectors

/// What the tiers knew of each row's heat: saved now and then, and loaded at open so that the RAM tier is filled with
/// what was hot. A hint: a file that is missing, damaged or of another generation is no heat, and no error.
///
///     offset  bytes       what
///     0       4           "MVH1"
///     4       4           generation of the folder
///     8       8           number of entries
///     16      8 an entry  row (4), uses (2), flags (2): 1 = it was in RAM
///     end     8           XXH3-64 of all before
///
/// Numbers are little-endian.
public struct Heat: Sendable, Equatable {
    public static let fileName = "heat"
    static let magic: UInt32 = 0x3148_564D
    private static let headerBytes = 16
    private static let entryBytes = 8
    private static let wasInRAM: UInt16 = 1

    public struct Entry: Sendable, Equatable {
        public var row: Row
        public var uses: UInt16
        public var isInRAM: Bool

        public init(row: Row, uses: UInt16, isInRAM: Bool) {
            self.row = row
            self.uses = uses
            self.isInRAM = isInRAM
        }
    }

    public var entries: [Entry]

    public init(entries: [Entry]) { self.entries = entries }

    /// Of the rows below `rowCount` that have uses or are in RAM.
    public init(of residency: ResidencyTable, below rowCount: Int) {
        entries = []
        residency.forEachKnown(below: rowCount) { row in
            let uses = residency.uses(of: row)
            let isInRAM = residency.slot(of: row) != nil
            if uses > 0 || isInRAM { entries.append(Entry(row: row, uses: UInt16(clamping: uses), isInRAM: isInRAM)) }
        }
    }

    /// Puts the counters back; rows past the table's end are passed over.
    public func apply(to residency: ResidencyTable) {
        for entry in entries { residency.setUses(of: entry.row, to: Int(entry.uses)) }
    }

    /// The rows to fill RAM with, hottest first: those that were in it, then the others.
    public func hotRows(limit: Int) -> [Row] {
        entries.sorted { a, b in
            (a.isInRAM ? 1 : 0, a.uses, b.row) > (b.isInRAM ? 1 : 0, b.uses, a.row)
        }.prefix(limit).map(\.row)
    }

    // MARK: File

    /// - Throws: ``StorageError`` when it cannot be written; what was there before stays.
    public func save(to path: String, generation: UInt32) throws(StorageError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headerBytes + Self.entryBytes * entries.count + 8)
        Self.append(UInt64(Self.magic) | UInt64(generation) << 32, to: &bytes)
        Self.append(UInt64(entries.count), to: &bytes)
        for entry in entries {
            let flags = entry.isInRAM ? Self.wasInRAM : 0
            Self.append(UInt64(entry.row.number) | UInt64(entry.uses) << 32 | UInt64(flags) << 48, to: &bytes)
        }
        Self.append(Self.checksum(bytes[...]), to: &bytes)
        try Files.writeAtomically(bytes, to: path)
    }

    /// Nil when there is nothing to believe.
    public static func load(from path: String, generation: UInt32) -> Heat? {
        guard let bytes = (try? Files.read(path)).flatMap({ $0 }), bytes.count >= headerBytes + 8 else { return nil }
        let body = bytes[..<(bytes.count - 8)]
        guard word(bytes, bytes.count - 8) == checksum(body),
            word(bytes, 0) == UInt64(magic) | UInt64(generation) << 32,
            word(bytes, 8) == UInt64((body.count - headerBytes) / entryBytes),
            (body.count - headerBytes) % entryBytes == 0
        else { return nil }
        return Heat(
            entries: stride(from: headerBytes, to: body.count, by: entryBytes).map { offset in
                let entry = word(bytes, offset)
                return Entry(
                    row: Row(UInt32(truncatingIfNeeded: entry)), uses: UInt16(truncatingIfNeeded: entry >> 32),
                    isInRAM: UInt16(truncatingIfNeeded: entry >> 48) & wasInRAM != 0)
            })
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
        (0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[offset + $1]) }
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        unsafe bytes.withUnsafeBytes { unsafe mv_hash64($0.baseAddress, $0.count, 0) }
    }
}
