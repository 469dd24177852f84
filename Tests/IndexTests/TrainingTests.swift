import Storage
import Synchronization
import Testing
import Vectors

@testable import Index

@Suite struct TrainingTests {
    private func trainer(threads: Int = 1) -> Trainer {
        Trainer(settings: .init(listCount: 8, codeBytes: 8), dimension: 16, threadCount: threads)
    }

    @Test("the same seed and sample train the same quantiser, on one thread and on two")
    func repeatable() throws {
        let sample = clustered(2_000, 16)
        let codes = try [1, 2].map { threads in
            try trainer(threads: threads).train(sample: sample, training: 1).encode(sample, threadCount: threads)
        }
        #expect(codes[0] == codes[1])
        #expect(Set(codes[0].lists).count == 8, "every list has rows")
    }

    @Test("a training says how far it is, ends when it is told to, and wants enough rows")
    func progress() throws {
        let sample = clustered(800, 16), shares = Mutex<[Double]>([])
        _ = try trainer().train(sample: sample, training: 1) { share in
            shares.withLock { $0.append(share) }
            return true
        }
        let seen = shares.withLock { $0 }
        #expect(seen == seen.sorted() && seen.count > 20)
        #expect((seen.first ?? 1) < 0.5 && (seen.last ?? 0) > 0.9 && (seen.last ?? 2) <= 1)
        #expect(throws: IndexError.cancelled) {
            try trainer().train(sample: sample, training: 1) { $0 < 0.5 }
        }
        #expect(throws: IndexError.tooFewRows(count: 255, needed: 256)) {
            try trainer().train(sample: Array(sample[..<(255 * 16)]), training: 1)
        }
        var wrong = trainer()
        wrong.settings.codeBytes = 5
        #expect(throws: IndexError.self) { try wrong.train(sample: sample, training: 1) }
        let broken = sample.map { _ in Float.nan }
        #expect(throws: IndexError.self) { try trainer().train(sample: broken, training: 1) }
    }

    @Test("a row gets the same code alone and in a batch, ties apart")
    func aloneAndInBatch() throws {
        let sample = clustered(1_500, 16)
        let quantizer = try trainer().train(sample: sample, training: 1)
        let batch = try quantizer.encode(sample, threadCount: 2)
        var differing = 0
        for n in 0..<300 {
            let alone = try quantizer.encode(Array(sample[n * 16..<(n + 1) * 16]))
            if alone.lists[0] != batch.lists[n] {
                differing += 1
            } else {
                #expect(alone.codes == Array(batch.codes[n * 8..<(n + 1) * 8]) && alone.errors[0] == batch.errors[n])
            }
        }
        #expect(differing <= 1, "\(differing) of 300 rows are as near to two lists")
    }

    @Test(
        "settings follow count and dimension",
        arguments: [
            (1_000_000, 1_000_000, 128, "IVF4000,PQ64"), (1_000_000, 78_000, 128, "IVF2000,PQ64"),
            (30_000, 30_000, 384, "IVF692,PQ96"), (400, 400, 2, "IVF10,PQ8"), (10_000, 10_000, 1_536, "IVF256,PQ192"),
        ])
    func automatic(rows: Int, sample: Int, dimension: Int, factory: String) {
        let settings = IndexSettings.automatic(rowCount: rows, sampleCount: sample, dimension: dimension)
        #expect(settings.factory == factory && settings.fits(dimension: dimension))
    }

    @Test("a factory string is understood or refused with its reason")
    func factory() throws {
        #expect(try IndexSettings.parse("IVF300,PQ16", dimension: 32) == .init(listCount: 300, codeBytes: 16))
        #expect(try IndexSettings.parse("IVF300,PQ16x8np", dimension: 32) == .init(listCount: 300, codeBytes: 16))
        #expect(try IndexSettings.parse("Flat", dimension: 32) == nil)
        for text in ["IVF300", "IVF0,PQ16", "IVF300,PQ7", "IVF300,PQ0", "IVFx,PQ16", "", "PQ16", "IVF9999999,PQ16"] {
            #expect(throws: IndexError.self) { try IndexSettings.parse(text, dimension: 32) }
        }
    }
}

@Suite struct IndexFormTests {
    @Test("a factory string leads to its kind of index, and a snapshot back to it")
    func forms() throws {
        #expect(try IndexForm(factory: "Flat", dimension: 8) == .flat)
        #expect(try IndexForm(factory: "HNSW32", dimension: 8) == .graph(factory: "HNSW32"))
        let settings = IndexSettings(listCount: 4, codeBytes: 8)
        #expect(try IndexForm(factory: "IVF4,PQ8", dimension: 8) == .ivfpq(settings))
        #expect(throws: IndexError.self) { try IndexForm(factory: "HNSW32,Flat", dimension: 8) }
        #expect(throws: IndexError.self) { try IndexForm(factory: "LSH", dimension: 8) }
        #expect(try IndexForm.ivfpq(settings).untrained(dimension: 8, training: 1) == nil)
        let folder = try TemporaryFolder(), live = try LiveRows(), gate = EpochGate(), vectors = clustered(300, 8)
        for n in 0..<300 { try live.set(Row(UInt32(n)), live: true) }
        let trainer = Trainer(settings: settings, dimension: 8, threadCount: 1)
        let indexes: [any CandidateIndex] = [
            try #require(try IndexForm.flat.untrained(dimension: 8, training: 5)),
            try #require(try IndexForm.graph(factory: "HNSW8").untrained(dimension: 8, training: 5)),
            IVFPQIndex(quantizer: try trainer.train(sample: vectors, training: 5), gate: gate),
        ]
        for (number, index) in indexes.enumerated() {
            try index.add((0..<300).map { Row(UInt32($0)) }, index.encode(vectors, threadCount: 1))
            let path = folder.path + "/\(number).faiss"
            try index.write(to: path, live: live)
            let again = try IndexFile.open(path, training: 5, dimension: 8, gate: gate)
            #expect(again.factory == index.factory && again.rowCount == 300 && type(of: again) == type(of: index))
        }
    }
}

@Suite struct PreparationTests {
    @Test("vectors are padded to a multiple of eight, and under cosine have length 1", arguments: [1, 7, 8, 13])
    func prepare(d: Int) {
        let vectors = clustered(10, d)
        let plain = Preparation(dimension: d, metric: .euclidean).prepare(vectors)
        let cosine = Preparation(dimension: d, metric: .cosine)
        let unit = cosine.prepare(vectors)
        #expect(cosine.width % 8 == 0 && cosine.width - d < 8 && plain.count == 10 * cosine.width)
        for i in 0..<10 {
            let vector = plain[i * cosine.width..<(i + 1) * cosine.width]
            #expect(Array(vector.prefix(d)) == Array(vectors[i * d..<(i + 1) * d]))
            #expect(vector.suffix(cosine.width - d).allSatisfy { $0 == 0 })
            let length = unit[i * cosine.width..<(i + 1) * cosine.width].reduce(Float(0)) { $0 + $1 * $1 }
            #expect(abs(length - 1) < 1e-5)
        }
        #expect(cosine.prepare([Float](repeating: 1e30, count: d)).allSatisfy { $0.isFinite })
    }

    @Test("an estimate becomes a distance of the metric")
    func distances() {
        #expect(Candidate.distance(ofEstimate: 9, .euclidean) == 3 && Candidate.distance(ofEstimate: 1, .cosine) == 0.5)
        #expect(Candidate.distance(ofEstimate: -1, .euclidean) == 0 && Candidate.distance(ofEstimate: 9, .cosine) == 2)
    }
}

@Suite struct RecallCurveTests {
    @Test("on clustered data recall rises with lists and candidates, and the cheapest sufficient setting is chosen")
    func curve() throws {
        let d = 16, vectors = clustered(4_000, d)
        let world = try IndexFixture(vectors, d, lists: 16, bytes: 8)
        let queries = clustered(40, d, seed: Seed.value + 5)
        let prepared = (0..<40).map { world.prepared(queries, $0) }
        let flat = FlatIndex(dimension: d, training: 1)
        try flat.add((0..<4_000).map { Row(UInt32($0)) }, flat.encode(vectors, threadCount: 1))
        let truth = try prepared.map {
            try flat.candidates(for: $0, count: 10, nprobe: 1, among: nil, live: world.live).map(\.row)
        }
        let curve = try RecallCurve.measure(
            queries: prepared, truth: truth, listCount: 16, rowCount: 4_000, dimension: d
        ) { (query, count, nprobe) throws(IndexError) in
            try world.index.candidates(for: query, count: count, nprobe: nprobe, live: world.live).map(\.row)
        }
        #expect(curve.queryCount == 40 && curve.rowCount == 4_000)
        for point in curve.points { #expect(point.lowerBound <= point.recall && point.recall <= 1 && point.cost > 0) }
        for nprobe in Set(curve.points.map(\.nprobe)) {
            let points = curve.points.filter { $0.nprobe == nprobe }
            let recalls = points.sorted { $0.candidates < $1.candidates }.map(\.recall)
            #expect(recalls == recalls.sorted(), "more candidates never lose a neighbour")
        }
        let best = curve.points.map(\.recall).max() ?? 0
        #expect(best > 0.99)
        let chosen = try #require(curve.choose(target: 0.9))
        #expect(chosen.lowerBound >= 0.93)
        #expect(!curve.points.contains { $0.cost < chosen.cost && $0.lowerBound >= 0.93 })
        #expect(curve.choose(target: 1.1) == nil)
    }
}
