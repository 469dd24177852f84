internal import CKernels
public import Storage
internal import Synchronization
public import Vectors

/// An index that compares with every vector: right always, and as slow as its vectors are many (about 0.05 ms for each
/// thousand at 128 dimensions). For few rows, and for fewer than 8 dimensions.
///
/// One writer adds; readers search meanwhile.
public final class FlatIndex: Sendable {
    public let dimension: Int
    public let training: UInt32
    let width: Int
    /// Replaced by ``sweep(_:)``; a search keeps the one that it began with.
    private let vectors: Mutex<VectorSegments>
    /// Makes writers take turns.
    private let writer = Mutex<Void>(())

    /// - Parameter training: what its codes carry; not 0.
    public init(dimension: Int, training: UInt32) {
        precondition(training != 0 && dimension > 0)
        self.dimension = dimension
        self.training = training
        width = Preparation.width(of: dimension)
        vectors = Mutex(VectorSegments(width: width))
    }

    var segments: VectorSegments { vectors.withLock { $0 } }
}

extension FlatIndex: CandidateIndex {
    public var factory: String { "Flat" }
    public var listCount: Int { 1 }
    public var rowCount: Int { segments.count }
    public var byteCount: Int { segments.byteCount }

    public func encode(_ prepared: [Float], threadCount: Int) throws(IndexError) -> RowCodes {
        VectorCodes.encode(prepared, width: width, training: training)
    }

    public func add(_ rows: [Row], _ codes: RowCodes) throws(IndexError) {
        let values = try VectorCodes.decode(codes, rowCount: rows.count, width: width, training: training)
        writer.withLock { _ in segments.append(rows, values) }
    }

    /// `nprobe` does not matter. The estimates are exact.
    public func candidates(
        for prepared: [Float], count: Int, nprobe: Int, among: RowSet?, live: LiveRows
    ) throws(IndexError) -> [Candidate] {
        precondition(prepared.count == width, "\(prepared.count) values")
        let segments = segments
        return unsafe prepared.withUnsafeBufferPointer { query in
            guard let query = query.baseAddress else { return [] }
            return unsafe ExactSearch.nearest(min(count, segments.count), among: among, live: live) { wanted, found in
                unsafe segments.scan(query, wanted, found)
            }
        }
    }

    public func rowsHeld() throws(IndexError) -> RowSet {
        var held = RowSet()
        forEachRow { row, _ in held.insert(row) }
        return held
    }

    public func forEachRow(_ body: (Row, UInt8) -> Void) {
        unsafe segments.forEachVector { row, _ in body(row, 0) }
    }

    /// Copies the live rows to new memory if more than a quarter is dead. Gives how many rows went.
    public func sweep(_ live: LiveRows, below bound: Row) throws(IndexError) -> Int {
        writer.withLock { _ in
            let old = segments, new = VectorSegments(width: width)
            unsafe old.forEachVector { row, vector in
                if row >= bound || live.contains(row) { unsafe new.append([row], Array(vector)) }
            }
            let swept = old.count - new.count
            guard swept * 4 > old.count else { return 0 }
            vectors.withLock { $0 = new }
            return swept
        }
    }

    public func renumbered(_ newRow: (Row) -> Row?) throws(IndexError) -> any CandidateIndex {
        let copy = FlatIndex(dimension: dimension, training: training), target = copy.segments
        unsafe segments.forEachVector { row, vector in
            if let row = newRow(row) { unsafe target.append([row], Array(vector)) }
        }
        return copy
    }

    @discardableResult
    public func write(to path: String, live: LiveRows) throws(IndexError) -> SnapshotInfo {
        let plain = try FAISSIndex(dimension: dimension, factory: "Flat")
        let rows = try plain.add(segments, limit: .max, dimension: dimension, live: live)
        return try plain.write(to: path, kind: .flat, rows: rows, edges: 0, training: training)
    }

    /// Opens a snapshot.
    /// - Throws: ``IndexError/damagedSnapshot(path:why:)``.
    public static func open(_ path: String, training: UInt32, dimension: Int) throws(IndexError) -> FlatIndex {
        let (plain, rows, _) = try FAISSIndex.open(path, kind: .flat, training: training, dimension: dimension)
        let index = FlatIndex(dimension: dimension, training: training), target = index.segments
        guard
            unsafe plain.forEachVector(
                rows, dimension: dimension,
                { row, vector in
                    unsafe target.append([row], Array(vector) + [Float](repeating: 0, count: index.width - dimension))
                })
        else { throw .damagedSnapshot(path: path, why: "it holds no vectors") }
        return index
    }
}
