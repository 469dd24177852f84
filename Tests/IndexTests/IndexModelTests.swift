import Storage
import Testing
import Vectors
import Workload

@testable import Index

/// An index beside a plain model of it: which rows live, and their vectors.
private struct World {
    let d = 16
    let index: any CandidateIndex
    let live: LiveRows
    let width: Int
    var vectors: [Row: [Float]] = [:]
    var keys: [Int: Row] = [:]
    var next: UInt32 = 0
    var random: SplitMix64

    init(_ index: any CandidateIndex, seed: UInt64) throws {
        self.index = index
        live = try LiveRows()
        width = Preparation.width(of: d)
        random = SplitMix64(seed: seed)
    }

    mutating func vector() -> [Float] {
        let centre = Float(random.below(5))
        return (0..<d).map { _ in centre + random.normal() }
    }

    /// Puts under some keys; those that were there before get new rows, and the old ones die.
    mutating func put(_ count: Int) throws {
        var rows: [Row] = [], values: [Float] = [], killed: [Row] = []
        for _ in 0..<count {
            let key = random.below(400), row = Row(next)
            next += 1
            if let old = keys[key] { killed.append(old) }
            keys[key] = row
            vectors[row] = vector()
            rows.append(row)
            values += vectors[row] ?? []
        }
        try index.add(rows, index.encode(values, threadCount: 1))
        for row in rows { try live.set(row, live: true) }
        for row in killed {
            try live.set(row, live: false)
            vectors[row] = nil
        }
    }

    mutating func delete() throws {
        let all = keys.keys.sorted()
        guard !all.isEmpty, let row = keys[all[random.below(all.count)]] else { return }
        keys = keys.filter { $0.value != row }
        vectors[row] = nil
        try live.set(row, live: false)
    }

    /// All lists looked into: every live row is found once, in order, and the first of fewer are the first of all.
    mutating func query(filtered: Bool) throws {
        let query = vector(), wanted = RowSet(vectors.keys.filter { $0.number % 3 == 0 })
        let among = filtered ? wanted : nil
        let alive = filtered ? wanted.rows : vectors.keys.sorted()
        let all = try index.candidates(
            for: query, count: vectors.count + 100, nprobe: index.listCount, among: among, live: live)
        #expect(all.map(\.row).sorted() == alive, "MEMVEC_SEED=\(Seed.value) repeats this")
        let ordered = all.sorted { ($0.estimate, $0.row) < ($1.estimate, $1.row) }
        #expect(all == ordered)
        let few = try index.candidates(for: query, count: 7, nprobe: index.listCount, among: among, live: live)
        #expect(few == Array(all.prefix(7)))
        // An estimate is as far from the truth as the row's code is wrong, at most: |a - b| <= |error vector|.
        var errors: [Row: UInt8] = [:]
        index.forEachRow { row, error in errors[row] = error }
        for candidate in all {
            let square = zip(query, vectors[candidate.row] ?? []).reduce(Float(0)) { sum, pair in
                sum + (pair.0 - pair.1) * (pair.0 - pair.1)
            }
            let error = index is IVFPQIndex ? ErrorByte.decode(errors[candidate.row] ?? 0) * 1.13 : 0
            let off = abs(max(0, candidate.estimate).squareRoot() - square.squareRoot())
            #expect(off <= error.squareRoot() + 1e-3, "\(candidate.row)")
        }
    }
}

@Suite struct IndexModelTests {
    enum Kind: CaseIterable { case ivfpq, flat, graph }

    private func make(_ kind: Kind) throws -> any CandidateIndex {
        switch kind {
        case .ivfpq:
            let sample = clustered(600, 16)
            let trainer = Trainer(settings: .init(listCount: 7, codeBytes: 8), dimension: 16, threadCount: 1)
            return IVFPQIndex(quantizer: try trainer.train(sample: sample, training: 3), gate: EpochGate())
        case .flat: return FlatIndex(dimension: 16, training: 3)
        case .graph: return try GraphIndex(factory: "HNSW8", dimension: 16, training: 3, tailLimit: 60)
        }
    }

    @Test("puts, overwrites, deletes and sweeps: candidates are the live rows of the model", arguments: Kind.allCases)
    func model(kind: Kind) throws {
        var world = try World(make(kind), seed: Seed.value)
        try world.put(1)
        for _ in 0..<Seed.steps(60) {
            switch world.random.below(6) {
            case 0, 1: try world.put(1 + world.random.below(40))
            case 2: try world.delete()
            case 3: _ = try world.index.sweep(world.live, below: Row(.max))
            case 4: try world.query(filtered: false)
            default: try world.query(filtered: true)
            }
        }
        try world.query(filtered: false)
        #expect(try world.index.rowsHeld().count == world.index.rowCount)
    }

    @Test("what was added after a snapshot and replayed gives the index that never stopped", arguments: Kind.allCases)
    func replay(kind: Kind) throws {
        var world = try World(make(kind), seed: Seed.value)
        try world.put(300)
        let folder = try TemporaryFolder()
        let path = folder.path + "/1.faiss"
        try world.index.write(to: path, live: world.live)
        let before = try world.index.rowsHeld()
        try world.put(50)
        let again: any CandidateIndex =
            switch kind {
            case .ivfpq: try IVFPQIndex.open(path, training: 3, dimension: 16, gate: EpochGate())
            case .flat: try FlatIndex.open(path, training: 3, dimension: 16)
            case .graph: try GraphIndex.open(path, training: 3, dimension: 16)
            }
        for row in try world.index.rowsHeld().rows where !before.contains(row) {
            guard let vector = world.vectors[row] else { continue }
            try again.add([row], again.encode(vector, threadCount: 1))
        }
        for _ in 0..<10 {
            let query = world.vector(), all = again.listCount
            let ours = try world.index.candidates(for: query, count: 30, nprobe: all, among: nil, live: world.live)
            let theirs = try again.candidates(for: query, count: 30, nprobe: all, among: nil, live: world.live)
            #expect(ours == theirs)
        }
    }
}
