internal import CKernels
internal import Dispatch
public import Storage
internal import Synchronization
public import Vectors

/// FAISS's HNSW: a graph over the vectors themselves. Fast and right, and dear: the vectors stay in RAM, with 8 M bytes
/// of edges a row, and a row takes about a millisecond to enter.
///
/// FAISS's graph cannot be changed while it is searched. So new rows wait in a tail that is scanned exactly; when the
/// tail has grown, a copy of the graph takes them in on a thread of its own and then replaces it. Searches go on.
/// `nprobe` is its efSearch; from ``listCount`` on every vector is compared.
public final class GraphIndex: Sendable {
    public let dimension: Int
    public let training: UInt32
    public let factory: String
    let width: Int

    /// What a search looks into; it keeps what it began with.
    private struct State {
        var graph: FAISSIndex
        /// The row of each of the graph's numbers.
        var rows: [UInt32]
        /// Rows that are not in the graph yet.
        var tail: VectorSegments
    }
    private let state: Mutex<State>
    /// Makes writers take turns.
    private let writer = Mutex<Void>(())
    private let isMerging = Atomic<Bool>(false)
    private let merging = DispatchQueue(label: "memvec.graph")
    /// A tail of so many rows is taken in, or an eighth of the graph if that is more.
    private let tailLimit: Int

    /// - Parameters:
    ///   - factory: as FAISS spells it: HNSW and the edges of a node, such as HNSW32.
    ///   - training: what its codes carry; not 0.
    /// - Throws: ``IndexError/factory(_:why:)``.
    public init(factory: String, dimension: Int, training: UInt32, tailLimit: Int = 2_000) throws(IndexError) {
        precondition(training != 0 && dimension > 0)
        guard let edges = Self.edges(of: factory), (2...512).contains(edges) else {
            throw .factory(factory, why: "a graph is HNSW and 2 to 512 edges")
        }
        self.factory = factory
        self.dimension = dimension
        self.training = training
        self.tailLimit = tailLimit
        width = Preparation.width(of: dimension)
        state = Mutex(
            State(
                graph: try FAISSIndex(dimension: dimension, factory: factory), rows: [],
                tail: VectorSegments(width: width)))
    }

    /// 32 of "HNSW32".
    static func edges(of factory: String) -> Int? { factory.hasPrefix("HNSW") ? Int(factory.dropFirst(4)) : nil }

    private var current: State { state.withLock { $0 } }

    /// Takes the tail into a copy of the graph, and the copy into use; if `live` is given, live rows only. On the
    /// `merging` queue.
    private func merge(_ live: LiveRows?) throws(IndexError) {
        let before = current, taken = before.tail.count
        guard taken > 0 else { return }
        let graph = try before.graph.copy()
        let rows = try before.rows + graph.add(before.tail, limit: taken, dimension: dimension, live: live)
        writer.withLock { _ in
            let tail = VectorSegments(width: width)
            // What came meanwhile.
            unsafe before.tail.forEachVector(from: taken) { row, vector in unsafe tail.append([row], Array(vector)) }
            state.withLock { $0 = State(graph: graph, rows: rows, tail: tail) }
        }
    }

    private func mergeLater() {
        guard !isMerging.exchange(true, ordering: .acquiringAndReleasing) else { return }
        merging.async { [self] in
            // Should memory be short, the rows stay in the tail and are found there.
            try? merge(nil)
            isMerging.store(false, ordering: .releasing)
        }
    }

    /// Waits until no merge is under way.
    func settle() { merging.sync {} }

    /// Runs `body` while no merge is under way.
    private func alone<R>(_ body: () throws(IndexError) -> R) throws(IndexError) -> R {
        let result: Result<R, IndexError> = merging.sync {
            do throws(IndexError) { return .success(try body()) } catch { return .failure(error) }
        }
        return try result.get()
    }
}

extension GraphIndex: CandidateIndex {
    /// efSearch from which on every vector is compared.
    public var listCount: Int { 4_096 }
    public var rowCount: Int {
        let state = current
        return state.rows.count + state.tail.count
    }
    public var byteCount: Int {
        let state = current
        return state.graph.byteCount + 4 * state.rows.capacity + state.tail.byteCount
    }

    public func encode(_ prepared: [Float], threadCount: Int) throws(IndexError) -> RowCodes {
        VectorCodes.encode(prepared, width: width, training: training)
    }

    public func add(_ rows: [Row], _ codes: RowCodes) throws(IndexError) {
        let values = try VectorCodes.decode(codes, rowCount: rows.count, width: width, training: training)
        let isLong = writer.withLock { _ in
            let state = current
            state.tail.append(rows, values)
            return state.tail.count >= max(tailLimit, state.rows.count / 8)
        }
        if isLong { mergeLater() }
    }

    /// The estimates are exact. Dead rows and rows outside `among` are left out after the search, so that there can be
    /// fewer than `count` unless `nprobe` is ``listCount``.
    public func candidates(
        for prepared: [Float], count: Int, nprobe: Int, among: RowSet?, live: LiveRows
    ) throws(IndexError) -> [Candidate] {
        precondition(prepared.count == width, "\(prepared.count) values")
        let state = current, limit = min(count, state.rows.count + state.tail.count)
        guard limit > 0, nprobe > 0 else { return [] }
        let result: Result<[Candidate], IndexError> = unsafe prepared.withUnsafeBufferPointer { query in
            guard let query = query.baseAddress else { return .success([]) }
            var near: [(at: Int, square: Float)] = []
            let isExact = nprobe >= listCount
            if !isExact, !state.rows.isEmpty {
                let wanted = min(state.rows.count, among == nil ? limit + limit / 4 + 8 : max(2 * limit, nprobe))
                do throws(IndexError) {
                    near = try unsafe state.graph.search(query, count: wanted, effort: max(nprobe, wanted))
                } catch { return .failure(error) }
            }
            return .success(
                unsafe ExactSearch.nearest(limit, among: among, live: live) { wanted, found in
                    if isExact { unsafe state.graph.scan(query, state.rows, dimension: dimension, wanted, found) }
                    for (at, square) in near where at < state.rows.count {
                        let row = state.rows[at]
                        if unsafe mv_is_wanted(wanted, row) { unsafe mv_collector_push(found, mv_key(square, row)) }
                    }
                    unsafe state.tail.scan(query, wanted, found)
                })
        }
        return try result.get()
    }

    public func rowsHeld() throws(IndexError) -> RowSet {
        var held = RowSet()
        forEachRow { row, _ in held.insert(row) }
        return held
    }

    public func forEachRow(_ body: (Row, UInt8) -> Void) {
        let state = current
        for row in state.rows { body(Row(row), 0) }
        unsafe state.tail.forEachVector { row, _ in body(row, 0) }
    }

    /// Builds the graph anew of the live rows if more than a quarter is dead. Gives how many rows went.
    public func sweep(_ live: LiveRows, below bound: Row) throws(IndexError) -> Int {
        try alone { () throws(IndexError) in try rebuild { $0 >= bound || live.contains($0) } }
    }

    private func rebuild(_ keeps: (Row) -> Bool) throws(IndexError) -> Int {
        let before = current
        let dead = before.rows.count { !keeps(Row($0)) }
        guard dead * 4 > before.rows.count else { return 0 }
        let fresh = try copy { keeps($0) ? $0 : nil }
        try fresh.merge(nil)
        let built = fresh.current
        writer.withLock { _ in
            let held = Set(built.rows), tail = VectorSegments(width: width)
            unsafe current.tail.forEachVector { row, vector in
                if !held.contains(row.number) { unsafe tail.append([row], Array(vector)) }
            }
            state.withLock { $0 = State(graph: built.graph, rows: built.rows, tail: tail) }
        }
        return dead
    }

    public func renumbered(_ newRow: (Row) -> Row?) throws(IndexError) -> any CandidateIndex {
        let new = try copy(newRow)
        try new.merge(nil)
        return new
    }

    /// All rows that `newRow` gives a number, in the tail of a new index.
    private func copy(_ newRow: (Row) -> Row?) throws(IndexError) -> GraphIndex {
        let new = try GraphIndex(factory: factory, dimension: dimension, training: training, tailLimit: tailLimit)
        let state = current, target = new.current.tail, padding = [Float](repeating: 0, count: width - dimension)
        let held = unsafe state.graph.forEachVector(state.rows, dimension: dimension) { row, vector in
            if let row = newRow(row) { unsafe target.append([row], Array(vector) + padding) }
        }
        guard held else { throw .faiss(operation: "be copied", text: "its graph holds no vectors") }
        unsafe state.tail.forEachVector { row, vector in
            if let row = newRow(row) { unsafe target.append([row], Array(vector)) }
        }
        return new
    }

    /// Takes the tail in first, so it can take long. Dead rows of the graph are written, too.
    @discardableResult
    public func write(to path: String, live: LiveRows) throws(IndexError) -> SnapshotInfo {
        let state = try alone { () throws(IndexError) in
            try merge(live)
            return current
        }
        return try state.graph.write(
            to: path, kind: .graph, rows: state.rows, edges: Self.edges(of: factory) ?? 0, training: training)
    }

    /// Opens a snapshot.
    /// - Throws: ``IndexError/damagedSnapshot(path:why:)``.
    public static func open(_ path: String, training: UInt32, dimension: Int) throws(IndexError) -> GraphIndex {
        let (graph, rows, edges) = try FAISSIndex.open(path, kind: .graph, training: training, dimension: dimension)
        let index = try GraphIndex(factory: "HNSW\(edges)", dimension: dimension, training: training)
        index.state.withLock { $0 = State(graph: graph, rows: rows, tail: VectorSegments(width: index.width)) }
        return index
    }
}
