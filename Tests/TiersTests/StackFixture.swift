import Storage
import Testing
import Vectors
import Workload

@testable import Tiers

/// A tier stack over rows of random vectors, local or remote, and the vectors themselves as the truth.
struct StackFixture {
    enum Kind: String, CaseIterable, Sendable { case local, remote, bare }

    let folder: TemporaryFolder
    let stack: TierStack
    let store: Store?
    let live: LiveRows
    let gate: EpochGate
    let clock: VirtualClock
    let dimension: Int
    let metric: Metric
    let vectors: [[Float]]

    struct Options {
        var kind = Kind.remote
        var rows = 1_000
        var dimension = 16
        var metric = Metric.euclidean
        var ramSlots = 100
        var warmBlocks = 64
        var eviction = EvictionPolicyKind.s3fifo
        var timeToLive: Duration?
        var promotionMark = 1
        var seed: UInt64 = 1
    }

    init(_ options: Options, folder: TemporaryFolder? = nil) throws {
        let folder = try folder ?? TemporaryFolder()
        let clock = VirtualClock()
        var random = SplitMix64(seed: options.seed)
        let vectors = (0..<options.rows).map { _ in (0..<options.dimension).map { _ in random.normal() } }
        self.folder = folder
        self.clock = clock
        self.vectors = vectors
        dimension = options.dimension
        metric = options.metric
        gate = EpochGate()
        let stride = Slab.stride(dimension: options.dimension) * 4
        var ram = RAMTier.Settings(dimension: options.dimension, budgetBytes: options.ramSlots * stride)
        ram.eviction = options.eviction
        var settings = TierStack.Settings(metric: options.metric, ram: ram)
        settings.clock = clock
        settings.timeToLive = options.timeToLive
        settings.promotionMark = options.promotionMark
        let base: TierStack.Base
        switch options.kind {
        case .local:
            let made = try Self.makeStore(folder.path + "/store", vectors)
            store = made
            live = made.live
            base = .local(made)
        case .remote, .bare:
            store = nil
            live = try LiveRows()
            for row in 0..<options.rows { try live.set(Row(UInt32(row)), live: true) }
            let layout = BlockLayout(dimension: options.dimension)
            var warm = WarmTier.Settings(
                folder: folder.path + "/warm", dimension: options.dimension, generation: 1,
                budgetBytes: options.warmBlocks * (layout.byteCount + 16))
            warm.bootID = "this-boot"
            warm.clock = clock
            base = options.kind == .bare ? .none : .remote(warm)
        }
        stack = try TierStack(settings, base: base, live: live, gate: gate, rowCount: options.rows)
        stack.drain()
    }

    private static func makeStore(_ folder: String, _ vectors: [[Float]]) throws -> Store {
        let dimension = vectors[0].count
        let store = try Store(
            folder: folder, shape: .init(dimension: dimension, holdsVectors: true, generation: 1, hashSeed: 7),
            access: try Files.byteCount(folder + "/data.mdb") == nil ? .create : .readWrite, mapBytes: 1 << 30)
        guard store.counters.nextRow == 0 else { return store }
        try store.write { writer in
            for (number, values) in vectors.enumerated() {
                _ = try writer.put(
                    StoreWriter.Put(
                        key: try VectorKey("key-\(number)"), values: values, fingerprint: Fingerprint(of: values),
                        encodedMetadata: [], postings: []))
            }
        }
        return store
    }

    func rows(_ numbers: some Sequence<Int>) -> [Row] { numbers.map { Row(UInt32($0)) } }

    /// What the cold store would answer.
    func fetched(_ rows: [Row]) -> RowVectors {
        RowVectors(rows: rows, values: rows.flatMap { vectors[Int($0.number)] }, dimension: dimension)
    }

    /// Distances that are right, computed in double.
    func truth(_ query: [Float], _ row: Row) -> Double {
        let vector = vectors[Int(row.number)]
        var squares = 0.0
        var product = 0.0
        var queryNorm = 0.0
        var norm = 0.0
        for (a, b) in zip(query, vector) {
            squares += (Double(a) - Double(b)) * (Double(a) - Double(b))
            product += Double(a) * Double(b)
            queryNorm += Double(a) * Double(a)
            norm += Double(b) * Double(b)
        }
        switch metric {
        case .euclidean: return squares.squareRoot()
        case .cosine: return min(2, max(0, 1 - product / (queryNorm * norm).squareRoot()))
        }
    }

    /// What the product's own distance gives for the vector itself.
    func exact(_ query: [Float], _ row: Row) -> Float {
        let vector = vectors[Int(row.number)]
        return stack.distance(query, vector.span)
    }

    /// Looks `rows` up, fetches what is missing, checks every distance, and gives the rows nearest first.
    @discardableResult
    func query(_ query: [Float], _ rows: [Row], k: Int = 10, mode: ReadMode = .normal) throws -> TierLookup {
        var lookup = TierLookup()
        try stack.lookup(query, rows, into: &lookup, mode: mode)
        var missing: [Row] = []
        var distances: [(Float, Row)] = []
        for (index, row) in rows.enumerated() {
            if lookup.place(at: index) == .missing {
                missing.append(row)
                distances.append((exact(query, row), row))
            } else {
                // To the last bit what the vector itself gives, whichever tier it came from.
                let expected = exact(query, row)
                #expect(lookup.distances[index] == expected, "\(row) in \(lookup.place(at: index))")
                distances.append((lookup.distances[index], row))
            }
        }
        distances.sort { ($0.0, $0.1) < ($1.0, $1.1) }
        stack.noteUse(
            of: distances.map(\.1), k: k, fetched: missing.isEmpty ? nil : fetched(missing), mode: mode)
        return lookup
    }

    func places(_ rows: [Row]) throws -> [TierPlace] {
        var lookup = TierLookup()
        try stack.lookup([Float](repeating: 1, count: dimension), rows, into: &lookup, mode: .undisturbing)
        return rows.indices.map { lookup.place(at: $0) }
    }

    func kill(_ row: Row) throws {
        try live.set(row, live: false)
        stack.remove([row])
    }
}
