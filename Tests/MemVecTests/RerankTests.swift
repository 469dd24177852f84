import Router
import Storage
import Testing
import Tiers
import Vectors
import Workload

@testable import MemVec

/// What a line's answer must be, found by one distance after the other.
private func expected(
    _ query: [Float], _ keys: [String], _ vectors: [String: [Float]], _ metric: Metric
) -> (hits: [String], missing: [String]) {
    var seen: Set<String> = [], found: [(key: String, distance: Float, at: Int)] = [], missing: [String] = []
    for (at, key) in keys.enumerated() where seen.insert(key).inserted {
        guard let vector = vectors[key] else {
            missing.append(key)
            continue
        }
        let distance = DistanceQuery(values: query, metric: metric).distance(to: vector.span)
        found.append((key, distance, at))
    }
    found.sort { $0.distance != $1.distance ? $0.distance < $1.distance : $0.at < $1.at }
    return (found.map(\.key), missing)
}

private func collection(
    _ folder: TemporaryFolder, _ vectors: [[Float]], _ metric: Metric
) async throws -> VectorCollection {
    let collection = try await VectorCollection.create(
        at: folder.path, CollectionConfiguration(dimension: 16, metric: metric), options: smallMap)
    for start in stride(from: 0, to: vectors.count, by: 500) {
        try await collection.put(
            (start..<min(start + 500, vectors.count)).map { try VectorRecord(key: "k\($0)", values: vectors[$0]) })
    }
    return collection
}

/// Lines with keys that are there, that are not, and that come twice.
private func lines(_ count: Int, rows: Int, seed: UInt64) -> [RerankQuery] {
    var random = SplitMix64(seed: seed)
    return clustered(count, 16, seed: seed).enumerated().map { at, vector in
        let size = Int(random.next() % 40)
        let keys = (0..<size).map { _ in RerankCandidate("k\(random.next() % UInt64(rows + rows / 10))") }
        return RerankQuery(id: .integer(Int64(at)), vector: vector, candidates: keys + keys.prefix(2))
    }
}

@Test("every line is in the order of its exact distances, whatever memory there is", arguments: Metric.allCases)
func rerankedLines(metric: Metric) async throws {
    let folder = TemporaryFolder(), vectors = clustered(3000, 16, seed: 21)
    let collection = try await collection(folder, vectors, metric)
    // Some rows are dead, one key has another vector.
    try await collection.delete(keys: (0..<3000).filter { $0 % 7 == 0 }.map { "k\($0)" })
    try await collection.put([try VectorRecord(key: "k1", values: vectors[2])])
    var known: [String: [Float]] = [:]
    for (at, vector) in vectors.enumerated() where at % 7 != 0 { known["k\(at)"] = vector }
    known["k1"] = vectors[2]
    let asked = lines(1200, rows: 3000, seed: 22)
    for budget in [1 << 20, 64 << 20] {
        var options = RerankOptions()
        options.ramBudgetBytes = budget
        options.threadCount = 2
        let answers = try await collection.rerank(asked, options: options)
        #expect(answers.count == asked.count)
        for (query, answer) in zip(asked, answers) {
            let keys = (query.candidates ?? []).map(\.key), wanted = expected(query.vector, keys, known, metric)
            #expect(answer.id == query.id && answer.problem == nil)
            #expect(answer.hits.map(\.key) == wanted.hits && answer.missing == wanted.missing)
        }
    }
    try await collection.close()
}

@Test("k cuts a line, a wrong line says why and the others go on, and without candidates a line is a search")
func rerankedSorts() async throws {
    let folder = TemporaryFolder(), vectors = clustered(500, 16, seed: 31)
    let collection = try await collection(folder, vectors, .euclidean)
    let keys = (0..<20).map { RerankCandidate("k\($0)") }
    let answers = try await collection.rerank([
        RerankQuery(id: .string("cut"), vector: vectors[3], candidates: keys, k: 2),
        RerankQuery(vector: [1], candidates: keys),
        RerankQuery(vector: vectors[4], candidates: [RerankCandidate("")]),
        RerankQuery(vector: vectors[5], candidates: []),
        RerankQuery(vector: vectors[6], candidates: nil, k: 3),
    ])
    #expect(answers[0].hits.map(\.key).first == "k3" && answers[0].hits.count == 2)
    #expect(answers[0].hits.first?.distance == 0)
    #expect(answers[1].problem == .wrongDimension(key: nil, valueCount: 1, dimension: 16))
    #expect(answers[2].problem == .emptyKey && answers[2].hits.isEmpty)
    #expect(answers[3].problem == nil && answers[3].hits.isEmpty)
    let searched = try await collection.query(vectors[6], k: 3)
    #expect(answers[4].hits.map(\.key) == searched.hits.map(\.key.text))
    #expect(answers[4].hits.map(\.distance) == searched.hits.map(\.distance))
    var wrong = RerankOptions()
    wrong.mmr = 2
    await #expect(throws: InputError.self) { try await collection.rerank([], options: wrong).isEmpty }
    try await collection.close()
}

@Test("ranks and scores are fused as their formulas say")
func rerankedFusion() async throws {
    // In the order of distances: 0.1, 0.2, 0.4. The first stage had the last as its best and did not know the second.
    let ranks = LineOrdering.byRanks([0.5, .nan, 0.9])
    #expect(ranks[0] == 1.0 / 61 + 1.0 / 62 && ranks[1] == 1.0 / 62 && ranks[2] == 1.0 / 63 + 1.0 / 61)
    let sums = LineOrdering.byWeight([0, 1, 4], [1, .nan, 3], 0.75)
    #expect(sums == [0.75, 0.75 * 0.75, 0.25])
    #expect(LineOrdering.byWeight([2], [5], 0.5) == [1])
    // The range is beyond float32.
    #expect(LineOrdering.byWeight([0, 1, 2], [-3e38, 3e38, 0], 0) == [0, 1, 0.5])
    #expect(LineOrdering.byWeight([0, 1, .infinity], [1, 1, 1], 1)[2] == 0)

    let folder = TemporaryFolder()
    let line = (0..<4).map { number in [Float(number)] + Array(repeating: Float(0), count: 15) }
    let collection = try await collection(folder, line, .euclidean)
    var options = RerankOptions()
    options.fusion = .weighted(0.25)
    let candidates = (0..<4).map { RerankCandidate("k\($0)", score: Float($0)) }
    let answers = try await collection.rerank(
        [RerankQuery(vector: line[0], candidates: candidates)], options: options)
    #expect(answers[0].hits.map(\.key) == ["k3", "k2", "k1", "k0"])
    #expect(answers[0].hits.map { $0.score ?? .nan } == [0.75, Float(0.25 / 3 + 0.5), Float(0.5 / 3 + 0.25), 0.25])
    try await collection.close()
}

@Test("diversity takes what is far from what was taken, and a weight of 1 is the plain order")
func rerankedDiversity() async throws {
    let folder = TemporaryFolder()
    // Three near to one another, one a little farther on the other side.
    let points: [Float] = [1, 1.01, 1.02, -1.1]
    let vectors = points.map { [$0] + Array(repeating: Float(0), count: 15) }
    let collection = try await collection(folder, vectors, .euclidean)
    let query = RerankQuery(
        vector: Array(repeating: 0, count: 16), candidates: (0..<4).map { RerankCandidate("k\($0)") })
    var options = RerankOptions()
    options.mmr = 1
    #expect(try await collection.rerank([query], options: options)[0].hits.map(\.key) == ["k0", "k1", "k2", "k3"])
    options.mmr = 0.5
    options.k = 2
    #expect(try await collection.rerank([query], options: options)[0].hits.map(\.key) == ["k0", "k3"])
    try await collection.close()
}

@Test("of a remote each key is fetched once in full calls, and what queries and tiers count stays as it was")
func rerankedRemote() async throws {
    let remote = MemoryRemote(), vectors = clustered(2000, 16, seed: 41)
    try await remote.fill(vectors)
    let (near, collection) = try await remote.front { try $0.set("warm-budget", to: "200kB") }
    _ = try await collection.attach()
    for number in 0..<50 { _ = try await collection.query(vectors[number], k: 10) }
    let engine = try collection.engine()
    engine.tiers.drain()
    let before = engine.tiers.statistics
    let heat = (0..<2000).map { engine.tiers.residency.uses(of: Row(UInt32($0))) }
    let calls = remote.calls(.fetch)
    let asked = lines(1500, rows: 2000, seed: 42)
    var options = RerankOptions()
    options.ramBudgetBytes = 1 << 20
    var known: [String: [Float]] = [:]
    for (at, vector) in vectors.enumerated() { known["k\(at)"] = vector }
    let answers = try await collection.rerank(asked, options: options)
    // In the temporary file a vector is found again, and what was not fetched is not there.
    let fetched = try FetchedVectors(engine)
    #expect(try fetched.vector(of: Row(0)) == nil)
    for (query, answer) in zip(asked, answers) {
        let wanted = expected(query.vector, (query.candidates ?? []).map(\.key), known, .euclidean)
        #expect(answer.hits.map(\.key) == wanted.hits && answer.missing == wanted.missing)
    }
    engine.tiers.drain()
    let used = remote.calls(.fetch) - calls
    var atHand = 0
    for number in 0..<2000 where engine.tiers.vector(of: Row(UInt32(number))) != nil { atHand += 1 }
    // Nearly every key is asked for, in one call more for each part of the input.
    #expect(used > 0 && used <= (2000 - atHand) / 100 + 8, "\(used) calls for \(2000 - atHand) keys")
    #expect(engine.tiers.statistics == before)
    #expect((0..<2000).map { engine.tiers.residency.uses(of: Row(UInt32($0))) } == heat)
    try await collection.close()
    withExtendedLifetime(near) {}
}

@Test("after an error a sequence of answers is at its end")
func errorsEndTheSequence() async throws {
    struct Broken: Error {}
    let folder = TemporaryFolder()
    let collection = try await collection(folder, clustered(50, 16, seed: 27), .euclidean)
    let asked = lines(3, rows: 50, seed: 28)
    let stream = AsyncThrowingStream<RerankQuery, any Error> { stream in
        for query in asked { stream.yield(query) }
        stream.finish(throwing: Broken())
    }
    var answers = collection.rerank(stream).makeAsyncIterator()
    await #expect(throws: Broken.self) { try await answers.next() }
    #expect(try await answers.next() == nil)
    try await collection.close()
}

@Test("what searches ask of the cold store is in the report", arguments: [ColdPath.get, .query])
func searchesOfARemoteCost(path: ColdPath) async throws {
    let remote = MemoryRemote(costs: FixedCosts(query: 0.01)), vectors = clustered(2000, 16, seed: 51)
    let (near, collection) = try await remote.attached(vectors, warm: "1kB", path: path)
    let reranker = try Reranker(collection, RerankOptions())
    let calls = remote.calls(.fetch) + remote.calls(.query)
    for number in stride(from: 0, to: 2000, by: 100) {
        // One after another, so that no two share a call.
        var batch = RerankBatch()
        batch.values += vectors[number]
        batch.endLine(k: 5, isSearch: true)
        _ = try await reranker.run([batch])
    }
    let report = reranker.report, made = remote.calls(.fetch) + remote.calls(.query) - calls
    #expect(report.searchCount == 20 && made > 0)
    #expect(report.fetchCallCount == made && (report.fetchedKeyCount > 0) == (path == .get))
    #expect(abs(report.dollars - 0.01 * Double(made)) < 1e-9)
    try await collection.close()
    withExtendedLifetime(near) {}
}

@Test("a search whose vectors do not come ends the job, unless a deadline asks for what there is")
func searchesOfARemoteFail() async throws {
    let remote = MemoryRemote(), vectors = clustered(2000, 16, seed: 52)
    let (near, first) = try await remote.attached(vectors, warm: "1kB", path: .get)
    var options = RerankOptions()
    options.query.isExact = true
    let asked = [RerankQuery(vector: vectors[7], candidates: nil, k: 5)]
    func failure(_ collection: VectorCollection) async throws -> String? {
        do {
            _ = try await collection.rerank(asked, options: options)
            return nil
        } catch MemVecError.cold(let why) {
            return why
        }
    }
    #expect(try await failure(first) == nil)
    try await first.close()

    var opening = smallMap
    opening.changes["cold-budget"] = "0.005"
    let poor = try await VectorCollection.open(at: near.path, options: opening)
    #expect(try await failure(poor)?.contains("the day's budget (cold-budget) is spent") == true)
    try await poor.close()

    opening.changes["cold-budget"] = "1000"
    let alone = try await VectorCollection.open(at: near.path, options: opening)
    remote.store.setAway(true)
    #expect(try await failure(alone)?.contains("the hits of a search would be estimates") == true)
    options.query.deadlineSeconds = 60
    // A scan has no estimates to fall back on.
    options.query.isExact = false
    let answers = try await alone.rerank(asked, options: options)
    #expect(answers.count == 1 && answers[0].hits.count == 5 && answers[0].problem == nil)
    remote.store.setAway(false)
    try await alone.close()
}

@Test("a pause is told in tenths of a second")
func pausesOfTheColdStore() {
    #expect(
        "\(ColdError.circuitOpen(retryIn: .milliseconds(997)))"
            == "the cold store failed too often lately; it is asked again in 1.0 seconds")
    #expect("\(ColdError.circuitOpen(retryIn: .milliseconds(340)))".hasSuffix("in 0.3 seconds"))
    #expect("\(ColdError.circuitOpen(retryIn: .zero))".hasSuffix("in 0.0 seconds"))
    #expect("\(ColdError.throttled(pause: .milliseconds(1260)))".hasSuffix("it wants a pause of 1.3 seconds"))
}
