import ArgumentParser
import MemVec
import Workload

struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Zipf traffic over some queries: latency, where vectors came from, what the store was asked.",
        discussion: """
            memvec bench sift --queries query.fvecs --count 5000
            memvec bench near --queries query.fvecs --zipf 0.99 --seed 7 --policy threshold:280 --json

            The queries of the file are drawn by Zipf's law in an order that the seed decides, one after another. They \
            count as use: tiers fill and heat grows.
            """)

    @OptionGroup var common: CommonOptions
    @Option(help: "Query vectors, as import reads them.", completion: .file())
    var queries: String
    @Option(help: "Exponent of Zipf's law; 0 is uniform.")
    var zipf = 0.99
    @Option(help: "Queries to ask.")
    var count = 2000
    @Option(help: "Seed of the traffic.")
    var seed: UInt64 = 1
    @OptionGroup var choices: QueryChoices

    private static let poolLimit = 100_000

    func validate() throws {
        guard count > 0 else { throw ValidationError("--count is \(count); 1 or more are possible") }
        guard (0...10).contains(zipf) else { throw ValidationError("--zipf is \(zipf); 0 to 10 are possible") }
    }

    func run() async throws {
        try await common.withCollection { collection in
            Interruption.watch()
            let options = try choices.options(for: collection)
            let vectors = try QueryFile.read(queries, limit: Self.poolLimit, dimension: collection.dimension)
            var random = SplitMix64(seed: seed)
            let order = random.permutation(vectors.count), ranks = Zipf(count: vectors.count, exponent: zipf)
            var times: [Double] = [], use = TierUse()
            var progress = Progress("bench", total: count)
            while times.count < count, !Interruption.isAsked {
                let vector = vectors[Int(order[ranks.draw(&random)])]
                let answer = try await collection.query(vector, k: choices.k, options: options)
                times.append(Double(answer.provenance.time.total) / 1e6)
                use.add(answer.provenance)
                progress.update(times.count)
            }
            progress.finish()
            report(Latencies(milliseconds: times), use, seconds: progress.seconds)
            if let interrupted = Interruption.asked { throw interrupted }
        }
    }

    private func report(_ latencies: Latencies, _ use: TierUse, seconds: Double) {
        if common.json {
            var object: JSONObject = [
                "count": use.queries, "zipf": zipf, "seed": seed, "policy": choices.policy, "k": choices.k,
                "queriesPerSecond": Double(use.queries) / max(seconds, 1e-9),
            ]
            latencies.add(to: &object)
            use.add(to: &object)
            Terminal.print(object)
        } else {
            Terminal.print("\(NumberText.count(use.queries)) queries: \(latencies.text); \(use.text)")
        }
    }
}
