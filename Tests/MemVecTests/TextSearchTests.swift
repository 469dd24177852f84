import Analysis
import Foundation
import Storage
import Testing
import Workload

@testable import MemVec

/// BM25 as its authors write it, over plain dictionaries, without anything of ours but the words.
private struct BM25Model {
    private(set) var texts: [String: String] = [:]
    /// Those that have words.
    private var documents: [String: [String]] = [:]
    let language: Language?

    init(language: Language?) { self.language = language }

    mutating func set(_ key: String, _ text: String?) {
        texts[key] = text
        let words = text.map { Analyzer(language: language, role: .text).terms(of: $0).map(\.text) } ?? []
        documents[key] = words.isEmpty ? nil : words
    }

    func scores(_ query: String) -> [String: Double] {
        guard !documents.isEmpty else { return [:] }
        let n = Double(documents.count)
        let mean = Double(documents.values.reduce(0) { $0 + $1.count }) / n
        var out: [String: Double] = [:]
        for term in Analyzer(language: language, role: .question).terms(of: query).map(\.text).sorted() {
            let having = documents.filter { $0.value.contains(term) }
            let idf = log(1 + (n - Double(having.count) + 0.5) / (Double(having.count) + 0.5))
            for (key, words) in having {
                let tf = Double(words.count { $0 == term })
                out[key, default: 0] +=
                    idf * tf * (1.2 + 1) / (tf + 1.2 * (1 - 0.75 + 0.75 * Double(words.count) / mean))
            }
        }
        return out
    }
}

extension SplitMix64 {
    fileprivate static let words = (0..<150).map { "word\($0)x" } + ["running", "dogs", "Straße", "東京都", "水", "é"]

    /// Words of which the first are frequent.
    fileprivate mutating func text(_ most: Int) -> String {
        (0..<below(most)).map { _ in Self.words[min(below(156), below(156))] }.joined(separator: " ")
    }
}

private let fields: [(key: String, language: Language?)] = [("title", .english), ("body", nil)]
private let seeds: [UInt64] =
    ProcessInfo.processInfo.environment["MEMVEC_SEED"].flatMap { UInt64($0) }.map { [$0] } ?? [1, 2]

/// A collection and what its texts are.
private struct World {
    let folder = TemporaryFolder()
    var collection: VectorCollection
    var models = fields.map { BM25Model(language: $0.language) }
    var numbers: [String: Int] = [:]
    var random: SplitMix64

    init(seed: UInt64, hasFields: Bool = true) async throws {
        random = SplitMix64(seed: seed)
        var settings = try CollectionSettings()
        settings.autoTrain = false
        collection = try await VectorCollection.create(
            at: folder.path,
            CollectionConfiguration(
                dimension: 4, metric: .euclidean, nonFilterableKeys: ["body"], settings: settings,
                textFields: hasFields ? fields.map { TextFieldSetting($0.key, language: $0.language) } : []),
            options: smallMap)
    }

    mutating func metadata(_ key: String) throws -> Metadata {
        let title = random.text(8), body = random.text(60), number = random.below(10)
        models[0].set(key, title)
        models[1].set(key, body)
        numbers[key] = number
        return try Metadata(json: #"{"title":"\#(title)","body":"\#(body)","n":\#(number)}"#)
    }

    mutating func record(_ key: String) throws -> VectorRecord {
        let values = (0..<4).map { _ in Float.random(in: -1...1, using: &random) }
        return try VectorRecord(key: key, values: values, metadata: try metadata(key))
    }

    mutating func forget(_ key: String) {
        for at in models.indices { models[at].set(key, nil) }
        numbers[key] = nil
    }

    mutating func step() async throws {
        let key = "k\(random.below(300))"
        switch random.below(6) {
        case 0, 1, 2:
            var records: [VectorRecord] = []
            for start in 0..<(1 + random.below(40)) {
                records.append(try record("k\((start * 7 + random.below(7)) % 300)"))
            }
            var seen: Set<VectorKey> = []
            // Of a key that came twice the model has the later text.
            try await collection.put(records.reversed().filter { seen.insert($0.key).inserted })
        case 3:
            try await collection.delete(keys: [key])
            forget(key)
        default:
            guard numbers[key] != nil else { return }
            try await collection.setMetadata(try metadata(key), ofKey: key)
        }
    }

    mutating func check(_ comment: Comment) async throws {
        for _ in 0..<12 {
            let query = random.text(5) + " word0x word0x"
            for (at, field) in fields.enumerated() {
                let hits = try await collection.searchText(field: field.key, text: query, k: 20)
                try expect(hits.map { ($0.key.text, Double($0.score)) }, models[at].scores(query), k: 20, comment)
                #expect(hits.allSatisfy { $0.fieldScores == [FieldScore(field: field.key, score: $0.score)] }, comment)
            }
            let both = try await collection.searchText(fields.map { TextQuery(field: $0.key, text: query) }, k: 20)
            let sums = models[0].scores(query).merging(models[1].scores(query)) { $0 + $1 }
            try expect(both.map { ($0.key.text, Double($0.score)) }, sums, k: 20, comment)
            let some = models[0].scores(query).filter { (numbers[$0.key] ?? 0) < 3 }
            let few = try await collection.searchText(
                field: "title", text: query, k: 20, filter: try Filter(json: #"{"n":{"$lt":3}}"#), wantsMetadata: true)
            try expect(few.map { ($0.key.text, Double($0.score)) }, some, k: 20, comment)
            #expect(
                few.allSatisfy { $0.metadata?["title"]?.text == "\"\(models[0].texts[$0.key.text] ?? "")\"" }, comment)
        }
        #expect(try await collection.verify().problems == [], comment)
    }

    /// The best `k` of `wanted`, where the rounding of a score may change places.
    func expect(_ found: [(key: String, score: Double)], _ wanted: [String: Double], k: Int, _ comment: Comment) throws
    {
        #expect(found.count == min(k, wanted.count), comment)
        let best = wanted.values.sorted(by: >).prefix(k)
        for (hit, score) in zip(found, best) {
            #expect(abs(hit.score - score) <= 1e-5 * score, comment)
            #expect(abs((wanted[hit.key] ?? -1) - hit.score) <= 1e-5 * hit.score, comment)
        }
    }

    mutating func reopen() async throws {
        try await collection.close()
        collection = try await VectorCollection.open(at: folder.path, options: smallMap)
    }
}

@Suite("Text search")
struct TextSearchTests {
    @Test(
        "scores are those of the formula after puts, overwrites, deletes, other metadata, compactions", arguments: seeds
    )
    func model(seed: UInt64) async throws {
        var world = try await World(seed: seed)
        for round in 0..<8 {
            for _ in 0..<25 { try await world.step() }
            try await world.check("MEMVEC_SEED=\(seed) round \(round)")
            if round % 3 == 1 { _ = try await world.collection.compact() }
            if round % 3 == 2 {
                try await world.collection.close()
                _ = try await VectorCollection.compact(at: world.folder.path, mapBytes: 1 << 30)
                try await world.reopen()
            }
        }
        try await world.check("MEMVEC_SEED=\(seed) at the end")
    }

    @Test(
        "a field that is added later is refused until it is built beside writers, and then it is whole",
        arguments: seeds)
    func building(seed: UInt64) async throws {
        var world = try await World(seed: seed, hasFields: false)
        for _ in 0..<20 { try await world.step() }
        await #expect(throws: MemVecError.self) { try await world.collection.searchText(field: "title", text: "x") }
        let reader = try await VectorCollection.open(at: world.folder.path, options: readOnly)
        try await world.collection.addTextFields(fields.map { TextFieldSetting($0.key, language: $0.language) })
        for _ in 0..<20 { try await world.step() }
        try await world.collection.finishTextFields()
        #expect(try world.collection.textFields().map(\.isActive) == [true, true])
        try await world.check("MEMVEC_SEED=\(seed)")
        let here = try await world.collection.searchText(field: "title", text: "word0x word1x")
        #expect(try await reader.searchText(field: "title", text: "word0x word1x") == here)
        #expect(!here.isEmpty)
        try await world.collection.removeTextFields(["title"])
        for each in [world.collection, reader] {
            await #expect(throws: MemVecError.self) { try await each.searchText(field: "title", text: "x") }
        }
        try await world.collection.addTextFields([TextFieldSetting("title", language: .english)])
        try await world.reopen()
        try await world.collection.finishTextFields()
        try await world.check("MEMVEC_SEED=\(seed), once more")
    }

    private var readOnly: OpenOptions {
        var options = smallMap
        options.isReadOnly = true
        return options
    }

    @Test("while a field is building a search of it says so, and of others answers")
    func refused() async throws {
        let world = try await World(seed: 3)
        let collection = world.collection
        try await collection.put([try VectorRecord(key: "a", values: [1, 2, 3, 4])])
        let engine = try collection.writableEngine()
        // As if the worker were busy.
        let work: TextWork = engine.textWork
        #expect(work.begin())
        try await engine.writes.submit { _ = try $0.addTextField("late", language: nil) }
        await #expect { try await collection.searchText(field: "late", text: "x") } throws: {
            ($0 as? MemVecError)?.code == "text_field_building"
        }
        #expect(try await collection.searchText(field: "title", text: "x").isEmpty)
        await #expect { try await collection.searchText(field: "none", text: "x") } throws: {
            ($0 as? MemVecError)?.code == "no_text_field"
        }
        await #expect {
            try await collection.addTextFields([TextFieldSetting("x"), TextFieldSetting("title")])
        } throws: {
            ($0 as? MemVecError)?.code == "text_field_exists"
        }
        #expect(try collection.textFields().map(\.key) == ["title", "body", "late"])
        await #expect(throws: InputError.self) {
            try await collection.addTextFields((0..<8).map { TextFieldSetting("f\($0)") })
        }
        await #expect(throws: InputError.self) { try await collection.addTextFields([TextFieldSetting("")]) }
        await #expect { try await collection.removeTextFields(["title", "none"]) } throws: {
            ($0 as? MemVecError)?.code == "no_text_field"
        }
        #expect(try collection.textFields().count == 3)
        let query = TextQuery(field: "title", text: "x")
        await #expect(throws: InputError.self) { try await collection.searchText([query, query]) }
        await #expect(throws: InputError.self) { try await collection.searchText([]) }
        await #expect(throws: InputError.self) { try await collection.searchText([query], k: 0) }
    }

    @Test("fields are added and removed while a compaction runs, and the next generation has them")
    func compaction() async throws {
        let world = try await World(seed: 9)
        let collection = world.collection
        for start in 0..<10 {
            try await collection.put(
                try (0..<200).map { at in
                    try VectorRecord(
                        key: "k\(start)-\(at)", values: [1, 2, 3, Float(at)],
                        metadata: Metadata(json: #"{"title":"alpha k\#(at)","note":"beta \#(at)"}"#))
                })
        }
        async let compacted = collection.compact()
        try await collection.addTextFields([TextFieldSetting("note")])
        try await collection.removeTextFields(["body"])
        _ = try await compacted
        try await collection.finishTextFields()
        #expect(try collection.textFields().map(\.key) == ["title", "note"])
        #expect(try await collection.searchText(field: "note", text: "beta", k: 10_000).count == 2000)
        #expect(try await collection.searchText(field: "title", text: "alpha", k: 10_000).count == 2000)
        #expect(try await collection.verify().problems == [])
    }
}

@Suite("Hybrid search")
struct HybridSearchTests {
    @Test("hits are the sums of weight / (60 + rank) over the rankings that have them", arguments: seeds)
    func model(seed: UInt64) async throws {
        var world = try await World(seed: seed)
        for _ in 0..<20 { try await world.step() }
        let collection = world.collection
        for _ in 0..<20 {
            let vector = (0..<4).map { _ in Float.random(in: -1...1, using: &world.random) }
            let texts = [
                TextQuery(field: "title", text: world.random.text(4), weight: 2),
                TextQuery(field: "body", text: world.random.text(6), weight: 0.5),
            ]
            var options = HybridOptions()
            options.vectorWeight = 1.5
            options.depth = 30
            if world.random.below(2) == 0 { options.query.filter = try Filter(json: #"{"n":{"$lt":6}}"#) }
            let answer = try await collection.searchHybrid(vector, texts: texts, k: 15, options: options)
            var wanted: [String: Double] = [:]
            let nearest = try await collection.query(vector, k: 30, options: options.query).hits
            for (at, hit) in nearest.enumerated() { wanted[hit.key.text, default: 0] += 1.5 / Double(61 + at) }
            var scores: [String: [FieldScore]] = [:]
            for text in texts {
                let hits = try await collection.searchText([text], k: 30, filter: options.query.filter)
                for (at, hit) in hits.enumerated() {
                    wanted[hit.key.text, default: 0] += text.weight / Double(61 + at)
                    scores[hit.key.text, default: []] += hit.fieldScores
                }
            }
            #expect(answer.hits.count == min(15, wanted.count))
            let best = wanted.values.sorted(by: >)
            for (hit, score) in zip(answer.hits, best) {
                #expect(abs(hit.score - score) < 1e-12 && abs((wanted[hit.key.text] ?? 0) - score) < 1e-12)
                #expect(hit.fieldScores == scores[hit.key.text] ?? [])
                #expect(hit.distance == nearest.first { $0.key == hit.key }?.distance)
            }
            for (a, b) in zip(answer.hits, answer.hits.dropFirst()) where a.score == b.score {
                #expect((a.row?.number ?? 0) < (b.row?.number ?? 0))
            }
        }
    }

    @Test("of a remote collection texts are searched in what is kept here")
    func remote() async throws {
        let far = TemporaryFolder(), near = TemporaryFolder()
        try await VectorCollection.create(
            at: far.path, CollectionConfiguration(dimension: 4, metric: .euclidean), options: smallMap
        ).close()
        let collection = try await VectorCollection.create(
            at: near.path,
            CollectionConfiguration(
                dimension: 4, metric: .euclidean, cold: "local:" + far.path,
                textFields: [TextFieldSetting("t", language: .german)]), options: smallMap)
        try await collection.put(
            try (0..<50).map { at in
                try VectorRecord(
                    key: "k\(at)", values: [Float(at), 0, 0, 0],
                    metadata: Metadata(json: #"{"t":"Häuser Nummer \#(at)"}"#))
            })
        try await collection.setMetadata(Metadata(json: #"{"t":"eine Straße"}"#), ofKey: "k7")
        #expect(try await collection.searchText(field: "t", text: "HAUS", k: 100).count == 49)
        #expect(try await collection.searchText(field: "t", text: "strasse").map(\.key.text) == ["k7"])
        let hits = try await collection.searchHybrid(
            [3, 0, 0, 0], texts: [TextQuery(field: "t", text: "Strassen")], k: 2
        ).hits
        #expect(hits.map(\.key.text) == ["k7", "k3"] || hits.map(\.key.text) == ["k3", "k7"])
        #expect(hits.first { $0.key.text == "k7" }?.fieldScores.count == 1)
        try await collection.close()
    }
}
