import Formats
import MemVec

/// Filtered queries of 1,000,000 rows: the time from filter to row set, the number of hits, recall. Leaves the collection.
enum Filters {
    private struct Case {
        let name: String
        let json: String
        /// Milliseconds from filter to row set.
        let bar: Double
    }

    static func measure(in folder: String, base: String, queries: String) async throws {
        var settings = try CollectionSettings()
        settings.autoTrain = false
        let dimension = try VectorFileReader.vectors(of: queries, limit: 1)[0].count
        let collection = try await VectorCollection.create(
            at: folder, CollectionConfiguration(dimension: dimension, metric: .euclidean, settings: settings))
        let count = try await fill(collection, base)
        print("\(count) rows with 4 filterable fields each")
        _ = try await collection.train()
        let asked = try VectorFileReader.vectors(of: queries, limit: 100)
        let half = count / 2, quarter = count / 4
        let cases = [
            Case(name: ".01 %, equality", json: #"{"rare":{"$eq":17}}"#, bar: 1),
            Case(name: "1 %, equality", json: #"{"percent":{"$eq":42}}"#, bar: 5),
            Case(name: "50 %, equality", json: #"{"half":{"$eq":true}}"#, bar: 20),
            Case(name: "50 %, range of distinct numbers", json: #"{"n":{"$lt":\#(half)}}"#, bar: 20),
            Case(
                name: "50 %, range with two ends", json: #"{"n":{"$gte":\#(quarter),"$lt":\#(quarter + half)}}"#,
                bar: 20),
        ]
        for filtered in cases { try await measure(filtered, asked, collection) }
        try await collection.close()
    }

    private static func fill(_ collection: VectorCollection, _ base: String) async throws -> Int {
        let reader = try VectorFileReader(path: base)
        var count = 0
        while let batch = try reader.next(atMost: 20_000) {
            let records = try (0..<batch.count).map { i in
                let n = count + i
                // Numbers in an order that is not the rows'.
                let shuffled = n * 611_953 % 1_000_003
                let json =
                    #"{"rare":\#(shuffled % 10_000),"percent":\#(shuffled % 100),"half":\#(n % 2 == 0),"n":\#(shuffled)}"#
                return VectorRecord(
                    key: try batch.key(at: i), values: Array(batch.vector(at: i)), metadata: try Metadata(json: json))
            }
            try await collection.put(records)
            count += batch.count
        }
        return count
    }

    private static func measure(_ filtered: Case, _ asked: [[Float]], _ collection: VectorCollection) async throws {
        var options = QueryOptions()
        options.filter = try Filter(json: filtered.json)
        let matching = try await collection.count(matching: options.filter)
        var times: [Double] = [], totals: [Double] = [], found = 0, wanted = 0, areCountsRight = true
        for vector in asked {
            options.isExact = false
            let answer = try await collection.query(vector, k: 10, options: options)
            times.append(Double(answer.provenance.time.filter) / 1e6)
            totals.append(Double(answer.provenance.time.total) / 1e6)
            if answer.hits.count != min(10, matching) { areCountsRight = false }
            options.isExact = true
            let truth = Set(try await collection.query(vector, k: 10, options: options).hits.map(\.key))
            found += answer.hits.count { truth.contains($0.key) }
            wanted += truth.count
        }
        let recall = Double(found) / Double(max(1, wanted)), time = Report.median(times)
        print("\(filtered.name): \(matching) match, whole query p50 \(Report.median(totals)) ms")
        Report.line("  filter to row set p50", time, "ms", bar: "<= \(filtered.bar)", isKept: time <= filtered.bar)
        Report.line("  recall@10", recall, "", bar: ">= 0.98", isKept: recall >= 0.98)
        Report.line("  hits min(k, matches)", areCountsRight ? 1 : 0, "", bar: "always", isKept: areCountsRight)
    }
}
