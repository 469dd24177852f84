internal import CKernels
internal import Storage
internal import Synchronization
internal import Vectors

/// Rows with their prepared vectors, appended by one writer and scanned by many readers meanwhile.
///
/// They lie in segments, each twice as large as the one before, that never move: a reader that has loaded the count may
/// go on. What is appended is seen by scans that begin later.
// Sendable is true because a segment's places below `count` are never written again, and the count is stored with
// release after them. @safe because every index is below the count or, for the writer, below the capacity.
@safe final class VectorSegments: @unchecked Sendable {
    /// Floats of a vector.
    let width: Int
    private static let firstRows = 1_024
    private static let segmentLimit = 23
    private let storedCount = Atomic<Int>(0)
    /// Segment s holds `firstRows << s` rows; nil until it is needed. Owned.
    private let vectors: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
    private let rows: UnsafeMutablePointer<UnsafeMutablePointer<UInt32>?>

    init(width: Int) {
        self.width = width
        unsafe vectors = .allocate(capacity: Self.segmentLimit)
        unsafe vectors.initialize(repeating: nil, count: Self.segmentLimit)
        unsafe rows = .allocate(capacity: Self.segmentLimit)
        unsafe rows.initialize(repeating: nil, count: Self.segmentLimit)
    }

    deinit {
        for segment in 0..<Self.segmentLimit {
            unsafe vectors[segment]?.deallocate()
            unsafe rows[segment]?.deallocate()
        }
        unsafe vectors.deallocate()
        unsafe rows.deallocate()
    }

    var count: Int { storedCount.load(ordering: .acquiring) }

    /// Bytes as allocated.
    var byteCount: Int {
        let segments = Self.place(of: max(count, 1) - 1).segment + 1
        return (Self.firstRows << segments - Self.firstRows) * (4 * width + 4)
    }

    /// Only the writer may call it. `values` has ``width`` floats a row.
    func append(_ newRows: [Row], _ values: [Float]) {
        precondition(values.count == newRows.count * width)
        var at = storedCount.load(ordering: .relaxed)
        for (i, row) in newRows.enumerated() {
            let (segment, offset) = Self.place(of: at)
            if unsafe vectors[segment] == nil {
                let raw = UnsafeMutableRawPointer.allocate(
                    byteCount: 4 * width * Self.firstRows << segment, alignment: 64)
                unsafe vectors[segment] = raw.bindMemory(to: Float.self, capacity: width * Self.firstRows << segment)
                unsafe rows[segment] = .allocate(capacity: Self.firstRows << segment)
            }
            for j in 0..<width { unsafe vectors[segment]?[offset * width + j] = values[i * width + j] }
            unsafe rows[segment]?[offset] = row.number
            at += 1
        }
        storedCount.store(at, ordering: .releasing)
    }

    /// Pushes distance and row of each wanted row to `found`.
    func scan(
        _ query: UnsafePointer<Float>, _ wanted: UnsafePointer<mv_wanted>, _ found: UnsafeMutablePointer<mv_collector>
    ) {
        unsafe forEachSegment { rows, vectors, count in
            unsafe mv_flat_scan(query, vectors, rows, count, width, wanted, found)
        }
    }

    /// Calls `body` with each row, its vector (``width`` floats), and its position.
    func forEachVector(from first: Int = 0, _ body: (Row, UnsafeBufferPointer<Float>) -> Void) {
        var position = 0
        unsafe forEachSegment { rows, vectors, count in
            for at in 0..<count {
                if position >= first {
                    unsafe body(Row(rows[at]), UnsafeBufferPointer(start: vectors + at * width, count: width))
                }
                position += 1
            }
        }
    }

    private func forEachSegment(_ body: (UnsafePointer<UInt32>, UnsafePointer<Float>, Int) -> Void) {
        var left = count
        for segment in 0..<Self.segmentLimit where left > 0 {
            guard let vectors = unsafe vectors[segment], let rows = unsafe rows[segment] else { return }
            let here = min(left, Self.firstRows << segment)
            unsafe body(rows, vectors, here)
            left -= here
        }
    }

    /// Segments 0 ..< s hold firstRows (2^s - 1) rows.
    private static func place(of position: Int) -> (segment: Int, offset: Int) {
        let segment = (position / firstRows + 1).bitWidth - 1 - (position / firstRows + 1).leadingZeroBitCount
        return (segment, position - (firstRows << segment - firstRows))
    }
}
