import ArgumentParser
import Formats
import Foundation
import MemVec

struct Evaluate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Recall and latency of queries whose answers are known, or are found by an exact scan.",
        discussion: "memvec evaluate sift --queries query.fvecs --truth groundtruth.ivecs")

    @OptionGroup var common: CommonOptions
    @Option(help: "Query vectors.")
    var queries: String
    @Option(help: "The true neighbours of each query by record number, .ivecs; without it an exact scan finds them.")
    var truth: String?
    @Option(help: "At most so many queries.")
    var limit = 10_000
    @OptionGroup var choices: QueryChoices

    func run() async throws {
        let collection = try await common.open(readOnly: true)
        let options = try choices.options(collection)
        let vectors = try Self.read(queries, limit)
        let truth = try truth.map { try NeighbourFile.read($0, limit: vectors.count) }
        var recalls: [Double] = [], times: [Double] = [], last: Provenance?
        for (i, vector) in vectors.enumerated() {
            let answer = try await collection.query(vector, k: choices.k, options: options)
            times.append(Double(answer.provenance.time.total) / 1e6)
            let wanted = try await neighbours(i, vector, truth, collection, options)
            let found = answer.hits.count { wanted.contains($0.key.text) }
            recalls.append(wanted.isEmpty ? 1 : Double(found) / Double(wanted.count))
            last = answer.provenance
        }
        report(recalls, times, last)
    }

    private func neighbours(
        _ i: Int, _ vector: [Float], _ truth: [[Int]]?, _ collection: VectorCollection, _ options: QueryOptions
    ) async throws -> Set<String> {
        if let truth { return Set(truth[i].prefix(choices.k).map { "\($0)" }) }
        var exact = options
        exact.isExact = true
        exact.countsAsUse = false
        return Set(try await collection.query(vector, k: choices.k, options: exact).hits.map(\.key.text))
    }

    private func report(_ recalls: [Double], _ times: [Double], _ last: Provenance?) {
        let recall = recalls.reduce(0, +) / Double(max(1, recalls.count)), times = times.sorted()
        func percentile(_ share: Double) -> Double {
            times.isEmpty ? 0 : times[min(times.count - 1, Int(share * Double(times.count)))]
        }
        let (nprobe, candidates) = (last?.nprobe ?? 0, last?.candidateCount ?? 0)
        if common.json {
            Terminal.print(json: [
                "k": choices.k, "queries": recalls.count, "recall": recall, "nprobe": nprobe,
                "candidates": candidates, "p50Milliseconds": percentile(0.5), "p95Milliseconds": percentile(0.95),
                "p99Milliseconds": percentile(0.99),
            ])
        } else {
            Terminal.print(
                String(
                    format: "recall@%d %.4f over %d queries; nprobe %d, %d candidates; p50 %.3f, p95 %.3f, p99 %.3f ms",
                    choices.k, recall, recalls.count, nprobe, candidates, percentile(0.5), percentile(0.95),
                    percentile(0.99)))
        }
    }

    static func read(_ path: String, _ limit: Int) throws -> [[Float]] {
        var reading = ReadingOptions()
        reading.needsKeys = false
        let reader = try VectorFileReader(path: path, options: reading)
        var vectors: [[Float]] = []
        while vectors.count < limit, let batch = try reader.next(atMost: min(1000, limit - vectors.count)) {
            for i in 0..<batch.count { vectors.append(Array(batch.vector(at: i))) }
        }
        return vectors
    }
}

struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Zipf traffic over some queries: latency, and where the vectors came from.",
        discussion: "memvec bench sift --queries query.fvecs --zipf 0.99 --count 5000")

    @OptionGroup var common: CommonOptions
    @Option(help: "Query vectors; the hottest is drawn most often.")
    var queries: String
    @Option(help: "Exponent of Zipf's law; 0 is uniform.")
    var zipf = 0.99
    @Option(help: "Queries to send.")
    var count = 2000
    @Option(help: "Seed of the traffic.")
    var seed: UInt64 = 1
    @OptionGroup var choices: QueryChoices

    func run() async throws {
        let collection = try await common.open()
        let options = try choices.options(collection)
        let vectors = try Evaluate.read(queries, 100_000)
        guard !vectors.isEmpty else { throw ValidationError("\(queries) holds no vectors") }
        var traffic = ZipfTraffic(count: vectors.count, exponent: zipf, seed: seed)
        var times: [Double] = [], totals = Totals()
        var progress = Progress("bench", total: count)
        for i in 0..<count {
            let answer = try await collection.query(vectors[traffic.next()], k: choices.k, options: options)
            times.append(Double(answer.provenance.time.total) / 1e6)
            totals.add(answer.provenance)
            progress.update(i)
        }
        progress.finish()
        try await collection.close()
        report(times.sorted(), totals)
    }

    struct Totals {
        var ram = 0, warm = 0, cold = 0, estimated = 0, requests = 0, withoutCold = 0

        mutating func add(_ from: Provenance) {
            ram += from.ramCount
            warm += from.warmCount
            cold += from.coldCount
            estimated += from.missingCount - from.coldCount
            requests += from.cold.requestCount
            if from.cold.requestCount == 0 { withoutCold += 1 }
        }
    }

    private func report(_ times: [Double], _ totals: Totals) {
        func percentile(_ share: Double) -> Double {
            times.isEmpty ? 0 : times[min(times.count - 1, Int(share * Double(times.count)))]
        }
        if common.json {
            Terminal.print(json: [
                "count": count, "zipf": zipf, "seed": seed, "p50Milliseconds": percentile(0.5),
                "p95Milliseconds": percentile(0.95), "p99Milliseconds": percentile(0.99),
                "candidates": [
                    "ram": totals.ram, "warm": totals.warm, "cold": totals.cold, "estimated": totals.estimated,
                ],
                "coldRequests": totals.requests, "queriesWithoutCold": totals.withoutCold,
            ])
        } else {
            Terminal.print(
                String(
                    format: "%d queries: p50 %.3f, p95 %.3f, p99 %.3f ms; candidates ram %d, warm %d, cold %d; "
                        + "%d requests to the store, %d queries without", count, percentile(0.5), percentile(0.95),
                    percentile(0.99), totals.ram, totals.warm, totals.cold, totals.requests, totals.withoutCold))
        }
    }
}

/// Positions drawn by Zipf's law, the same for a seed: SplitMix64 over a cumulative table.
struct ZipfTraffic {
    private var cumulative: [Double] = []
    private var order: [Int]
    private var state: UInt64

    init(count: Int, exponent: Double, seed: UInt64) {
        state = seed
        order = Array(0..<count)
        var sum = 0.0
        for rank in 1...count {
            sum += 1 / pow(Double(rank), exponent)
            cumulative.append(sum)
        }
        for i in stride(from: count - 1, to: 0, by: -1) { order.swapAt(i, Int(draw() % UInt64(i + 1))) }
    }

    mutating func next() -> Int {
        let wanted = Double(draw() >> 11) * 0x1p-53 * (cumulative.last ?? 1)
        var low = 0, high = cumulative.count - 1
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] > wanted { high = middle } else { low = middle + 1 }
        }
        return order[low]
    }

    private mutating func draw() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
