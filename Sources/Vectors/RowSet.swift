/// A set of rows as a bitmap: one bit a row, from row 0 to the largest row held.
///
/// Sized by the largest row number, not by the count: 1,000,000 rows take 125 KB.
public struct RowSet: Sendable, Equatable {
    /// Bit `r % 64` of word `r / 64` says whether row `r` is in the set.
    public private(set) var words: [UInt64]

    /// No rows.
    public init() { words = [] }

    /// An empty set with room for rows below `rowCount`.
    public init(rowCount: Int) { words = [UInt64](repeating: 0, count: (rowCount + 63) / 64) }

    /// The rows whose bits are set: bit i of word w is row 64 w + i.
    public init(words: [UInt64]) { self.words = words }

    /// The rows of a sequence; one that comes twice counts once.
    public init(_ rows: some Sequence<Row>) {
        self.init()
        for row in rows { insert(row) }
    }

    /// The number of rows in the set. O(words).
    public var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
    /// Whether it has no row.
    public var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    /// Whether it has the row.
    public func contains(_ row: Row) -> Bool {
        let word = Int(row.number >> 6)
        return word < words.count && words[word] & (1 << UInt64(row.number & 63)) != 0
    }

    /// Adds the row.
    public mutating func insert(_ row: Row) {
        let word = Int(row.number >> 6)
        if word >= words.count { words.append(contentsOf: repeatElement(0, count: word + 1 - words.count)) }
        words[word] |= 1 << UInt64(row.number & 63)
    }

    /// Takes the row out.
    public mutating func remove(_ row: Row) {
        let word = Int(row.number >> 6)
        if word < words.count { words[word] &= ~(1 << UInt64(row.number & 63)) }
    }

    /// Adds the rows of the other set.
    public mutating func formUnion(_ other: RowSet) {
        if other.words.count > words.count {
            words.append(contentsOf: repeatElement(0, count: other.words.count - words.count))
        }
        for i in other.words.indices { words[i] |= other.words[i] }
    }

    /// Keeps the rows that the other set has, too.
    public mutating func formIntersection(_ other: RowSet) {
        if words.count > other.words.count { words.removeLast(words.count - other.words.count) }
        for i in words.indices { words[i] &= other.words[i] }
    }

    /// Takes the rows of the other set out.
    public mutating func subtract(_ other: RowSet) {
        for i in 0..<min(words.count, other.words.count) { words[i] &= ~other.words[i] }
    }

    /// Calls `body` with each row, smallest first.
    public func forEach(_ body: (Row) throws -> Void) rethrows {
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                try body(Row(UInt32(index * 64 + rest.trailingZeroBitCount)))
                rest &= rest - 1
            }
        }
    }

    /// Its rows, ascending.
    public var rows: [Row] {
        var out: [Row] = []
        out.reserveCapacity(count)
        forEach { out.append($0) }
        return out
    }
}
