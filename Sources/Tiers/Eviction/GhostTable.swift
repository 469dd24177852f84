internal import Vectors

/// The rows that left a queue lately, without their vectors: one that comes back soon was let go too early.
///
/// A ring of the last `span` rows, kept as a table of buckets of eight so that a row is found by its number. When a
/// bucket is full its oldest row is forgotten before its time, which at half load is rare.
struct GhostTable {
    private static let bucketSize = 8

    private let span: UInt32
    private let bucketBits: Int
    private let rows: ZeroedArray<UInt32>
    /// When the row came, by `clock`; 0 in a free place.
    private let stamps: ZeroedArray<UInt32>
    private var clock: UInt32 = 0

    init(span: Int) {
        self.span = UInt32(span)
        var bits = 0
        while (Self.bucketSize << bits) < 2 * span { bits += 1 }
        bucketBits = bits
        rows = ZeroedArray(count: Self.bucketSize << bits)
        stamps = ZeroedArray(count: Self.bucketSize << bits)
    }

    var byteCount: Int { 4 * (rows.count + stamps.count) }

    mutating func insert(_ row: Row) {
        clock &+= 1
        if clock == 0 { clock = 1 }
        var oldest = bucket(of: row).lowerBound
        for place in bucket(of: row) {
            if stamps[place] == 0 || rows[place] == row.number {
                oldest = place
                break
            }
            if clock &- stamps[place] > clock &- stamps[oldest] { oldest = place }
        }
        rows[oldest] = row.number
        stamps[oldest] = clock
    }

    /// Whether `row` is among the last `span` rows; it is no longer, afterwards.
    mutating func take(_ row: Row) -> Bool {
        for place in bucket(of: row) where rows[place] == row.number && stamps[place] != 0 {
            let isRecent = clock &- stamps[place] < span
            stamps[place] = 0
            return isRecent
        }
        return false
    }

    /// Newest first. O(size log size).
    var recentRows: [Row] {
        stamps.indices.filter { stamps[$0] != 0 && clock &- stamps[$0] < span }
            .sorted { clock &- stamps[$0] < clock &- stamps[$1] }
            .map { Row(rows[$0]) }
    }

    private func bucket(of row: Row) -> Range<Int> {
        // Fibonacci hashing: the golden ratio's bits spread neighbours over all buckets.
        let hash = UInt64(row.number) &* 0x9E37_79B9_7F4A_7C15
        let start = bucketBits == 0 ? 0 : Int(hash >> UInt64(64 - bucketBits)) * Self.bucketSize
        return start..<(start + Self.bucketSize)
    }
}
