import Formats
import MemVec
import Router
import Storage
import Workload

/// How much of what queries want is in RAM, with the default policy: the share of true top-10 hits that were scored in a
/// RAM slot, over 40,000 Zipf queries of which no two are alike.
///
/// Bars from measurements of the same stream by a simulator: 50, 64 and 80 % with 1, 5 and 20 % of the rows in RAM,
/// within 2.
enum CacheShare {
    static let queryCount = 40_000

    static func measure(in folder: String, queries: String) async throws {
        let base = try VectorFileReader.vectors(of: queries, limit: 10_000), dimension = base[0].count
        let stream = QueryStream(around: base.flatMap { $0 }, dimension: dimension, .init(count: queryCount))
        for (percent, bar) in [(1, 50.0), (5, 64.0), (20, 80.0)] {
            var options = OpenOptions()
            let slots = 10_000 * percent
            options.changes = ["ram-budget": "\(4 * dimension * slots)B"]
            let collection = try await VectorCollection.open(at: folder, options: options)
            let share = try await share(stream, collection)
            try await collection.close()
            // The next size begins with nothing in RAM.
            try Files.remove(folder + "/g1/heat")
            Report.line(
                "true top-10 in RAM, \(percent) % of the rows in RAM", share, "%", bar: ">= \(bar - 2)",
                isKept: share >= bar - 2)
        }
    }

    /// Of the second half of the queries, when the cache has filled.
    private static func share(_ stream: QueryStream, _ collection: VectorCollection) async throws -> Double {
        var inRAM = 0, all = 0
        for number in 0..<queryCount {
            let answer = try await collection.query(stream.vector(number), k: 10)
            guard number >= queryCount / 2 else { continue }
            inRAM += answer.hits.count { $0.source == .ram }
            all += answer.hits.count
        }
        return 100 * Double(inRAM) / Double(all)
    }
}
