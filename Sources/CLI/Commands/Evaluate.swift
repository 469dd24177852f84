import ArgumentParser
import Formats
import MemVec
import Vectors

struct Evaluate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Recall and latency of queries whose answers are known, or are found by an exact scan.",
        discussion: """
            memvec evaluate sift --queries query.fvecs --truth groundtruth.ivecs
            memvec evaluate sift --queries query.fvecs --recall 0.95 --limit 500
            memvec evaluate news --queries query.jsonl --filter '{"year": 2024}'

            --truth names neighbours by the number of their record. Where the vectors were imported with --keys, the \
            same file leads from the number to the key. Evaluation counts as no use: it fills no tier.
            """)

    @OptionGroup var common: CommonOptions
    @Option(help: "Query vectors, as import reads them.", completion: .file())
    var queries: String
    @Option(help: "The true neighbours of each query by record number, .ivecs.", completion: .file())
    var truth: String?
    @Option(help: "The keys of the records, as for import.", completion: .file())
    var keys: String?
    @Option(help: "Stands before record numbers in keys, as import's --key-prefix.")
    var keyPrefix = ""
    @Option(help: "At most so many queries.")
    var limit = 10_000
    @OptionGroup var choices: QueryChoices

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is \(limit); 1 or more are possible") }
        guard truth == nil || choices.filter.filter == nil else {
            throw ValidationError("--truth knows nothing of --filter; without --truth a scan finds the answers")
        }
    }

    func run() async throws {
        try await common.withAskedCollection { collection in
            Interruption.watch()
            var options = try choices.options(for: collection)
            options.countsAsUse = false
            if truth == nil { try await checkTruthIsHere(collection) }
            let vectors = try QueryFile.read(queries, limit: limit, dimension: collection.dimension)
            let known = try truth.map { try readTruth($0, count: vectors.count) }
            var recalls: [Double] = [], times = LatencyHistogram(), last = Provenance()
            var progress = Progress("evaluate", total: vectors.count)
            for (i, vector) in vectors.enumerated() where !Interruption.isAsked {
                let answer = try await collection.query(vector, k: choices.k, options: options)
                times.record(nanoseconds: answer.provenance.time.total)
                last = answer.provenance
                let wanted: Set<String>
                if let known {
                    wanted = known[i]
                } else {
                    wanted = try await neighbours(of: vector, options, collection)
                }
                let found = answer.hits.count { wanted.contains($0.key.text) }
                recalls.append(wanted.isEmpty ? 1 : Double(found) / Double(wanted.count))
                progress.update(i + 1)
            }
            progress.finish()
            report(recalls, times, last)
            if let interrupted = Interruption.asked { throw interrupted }
        }
    }

    private func readTruth(_ path: String, count: Int) throws -> [Set<String>] {
        let records = try NeighbourFile.read(path, limit: count)
        guard records.count == count else {
            throw ValidationError("\(path) holds the neighbours of \(records.count) queries; there are \(count)")
        }
        let names = try keys.map { try KeyFile.read($0) }
        return try records.enumerated().map { number, record in
            guard record.count >= choices.k else {
                throw ValidationError("\(path) holds \(record.count) neighbours of query \(number); -k is \(choices.k)")
            }
            return try Set(record.prefix(choices.k).map { try key(of: Int($0), names) })
        }
    }

    private func key(of record: Int, _ names: [VectorKey]?) throws -> String {
        guard let names else { return "\(keyPrefix)\(record)" }
        guard names.indices.contains(record) else {
            throw ValidationError("--truth names record \(record); --keys has \(names.count) lines")
        }
        return names[record].text
    }

    private func neighbours(
        of vector: [Float], _ options: QueryOptions, _ collection: VectorCollection
    ) async throws -> Set<String> {
        var exact = options
        exact.isExact = true
        let answer = try await collection.query(vector, k: choices.k, options: exact)
        guard answer.provenance.reason == .exact else {
            throw MemVecError.cold(
                "a scan that was to find the true neighbours is \(answer.provenance.reason.rawValue)"
                    + (answer.provenance.trouble.map { ": \($0)" } ?? ""))
        }
        return Set(answer.hits.map(\.key.text))
    }

    /// In front of a remote each scan would fetch all that is not here, and be paid for.
    private func checkTruthIsHere(_ collection: VectorCollection) async throws {
        guard collection.isRemote else { return }
        let missing = try await collection.count() - (try collection.statistics().tiers.warmRows ?? 0)
        guard missing > 0 else { return }
        throw ValidationError(
            "\(NumberText.counted(missing, "vector")) of \(common.folder) are in its remote alone, and the scan that "
                + "finds a query's true neighbours would fetch them each time; give --truth FILE, or evaluate a mirror")
    }

    private func report(_ recalls: [Double], _ latencies: LatencyHistogram, _ last: Provenance) {
        let recall = recalls.reduce(0, +) / Double(max(1, recalls.count))
        if common.json {
            var object: JSONObject = [
                "k": choices.k, "queries": recalls.count, "recall": recall, "nprobe": last.nprobe,
                "candidates": last.candidateCount,
            ]
            latencies.add(to: &object)
            Terminal.print(object)
        } else {
            Terminal.print(
                "recall@\(choices.k) \(NumberText.fixed(recall, 4)) over \(NumberText.count(recalls.count)) queries; "
                    + "nprobe \(last.nprobe), \(NumberText.count(last.candidateCount)) candidates; \(latencies.text)")
        }
    }
}
