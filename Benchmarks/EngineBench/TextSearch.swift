import Analysis
import Formats
import MemVec
import Storage
import Vectors

/// Full-text search over descriptions of packages: how fast text is analysed, what it costs to put, how long queries take,
/// and how often the package that a query describes is among the first ten.
enum TextSearch {
    /// Words of a text that is put.
    static let wordCount = 60

    /// - Parameter data: the folder of `debtext`.
    static func measure(in folder: String, data: String) async throws {
        let texts = try lines(data + "/meta.jsonl").compactMap { line in
            string(line["metadata"]?["text"]).map { (key: string(line["key"]) ?? "", text: $0) }
        }
        let vectors = try VectorFileReader.vectors(of: data + "/base.fvecs", limit: texts.count)
        analyse(texts.map(\.text))
        for language in [nil, Language.english] as [Language?] {
            let rate = try await put(texts, vectors, language.map { [TextFieldSetting("text", language: $0)] } ?? [], folder)
            print("puts in calls of 500, \(language == nil ? "no text field" : "text of 60 words"): \(rate)")
        }
        let queries = zip(
            try lines(data + "/queries.jsonl"), try VectorFileReader.vectors(of: data + "/query.fvecs", limit: 1000)
        ).map { line, vector in
            DescribedPackage(text: string(line["text"]) ?? "", vector: vector, target: string(line["target"]) ?? "")
        }
        let collection = try await VectorCollection.open(at: folder)
        try await query(collection, queries)
        try await HybridWeights.measure(collection, queries)
        try await collection.close()
        try await TieredText.measure(in: folder + "-near", far: folder, queries)
        try Files.remove(folder)
    }

    private static func lines(_ path: String) throws -> [JSONValue] {
        try (Files.read(path) ?? []).split(separator: UInt8(ascii: "\n")).map { try JSONValue(bytes: Array($0)) }
    }

    private static func string(_ value: JSONValue?) -> String? {
        if case .string(let text) = value { text } else { nil }
    }

    private static func analyse(_ texts: [String]) {
        let byteCount = texts.reduce(0) { $0 + $1.utf8.count }
        var termCount = 0
        let analyzer = Analyzer(language: .english, role: .text)
        let took = Report.milliseconds {
            for text in texts { analyzer.forEachTerm(in: text) { _, _, _ in termCount += 1 } }
        }
        let rate = Double(byteCount) / took / 1000
        Report.line("analysis of \(termCount) words", rate, "MB/s", bar: ">= 20", isKept: rate >= 20)
    }

    private static func put(
        _ texts: [(key: String, text: String)], _ vectors: [[Float]], _ fields: [TextFieldSetting], _ folder: String
    ) async throws -> String {
        try Files.remove(folder)
        var settings = try CollectionSettings()
        settings.autoTrain = false
        let collection = try await VectorCollection.create(
            at: folder,
            CollectionConfiguration(
                dimension: vectors[0].count, nonFilterableKeys: ["text"], settings: settings, textFields: fields))
        let records = try zip(texts, vectors).map { text, vector in
            let words = text.text.split(separator: " ").prefix(wordCount).joined(separator: " ")
            return try VectorRecord(
                key: text.key, values: vector, metadata: Metadata(.object([.init("text", .string(words))])))
        }
        var rates: [Int] = []
        for _ in 0..<2 {
            let clock = ContinuousClock(), began = clock.now
            for start in stride(from: 0, to: records.count, by: 500) {
                try await collection.put(Array(records[start..<min(start + 500, records.count)]))
            }
            rates.append(Int(Double(records.count) / ((clock.now - began) / .seconds(1))))
        }
        try await collection.close()
        return "\(rates[0]) rows/s new, \(rates[1]) rows/s overwritten; \(Files.bytesBelow(folder) >> 20) MiB"
    }

    private static func query(
        _ collection: VectorCollection, _ queries: [DescribedPackage]
    ) async throws {
        var text: [Double] = [], both: [Double] = [], near: [Double] = [], found = (text: 0, both: 0, near: 0)
        let clock = ContinuousClock()
        for query in queries {
            let (words, vector, target) = (query.text, query.vector, query.target)
            var began = clock.now
            let hits = try await collection.searchText(field: "text", text: words)
            text.append((clock.now - began) / .milliseconds(1))
            began = clock.now
            let joined = try await collection.searchHybrid(vector, texts: [TextQuery(field: "text", text: words)])
            both.append((clock.now - began) / .milliseconds(1))
            began = clock.now
            let nearest = try await collection.query(vector)
            near.append((clock.now - began) / .milliseconds(1))
            if hits.contains(where: { $0.key.text == target }) { found.text += 1 }
            if joined.hits.contains(where: { $0.key.text == target }) { found.both += 1 }
            if nearest.hits.contains(where: { $0.key.text == target }) { found.near += 1 }
        }
        for (name, times, found) in [
            ("by text", text, found.text), ("by vector", near, found.near), ("hybrid", both, found.both),
        ] {
            let sorted = times.sorted()
            print(
                "\(times.count) queries \(name): p50 \(sorted[sorted.count / 2]), p99 \(sorted[sorted.count * 99 / 100]) ms; "
                    + "the package meant is among the first ten in \(found)")
        }
    }
}

/// A query of debtext: what somebody says of a package, and which it is.
struct DescribedPackage: Sendable {
    let text: String
    let vector: [Float]
    /// Its key.
    let target: String
}
